# Knownwhen in a container: the wheel, with every dependency at the version and hash of requirements.lock.
#
#     docker build --tag knownwhen .
#     docker run --rm --network host --volume knownwhen:/var/lib/knownwhen knownwhen
#
# The service listens on loopback unless KNOWNWHEN_HOST says otherwise, so it shares the network of the host and is reached
# there at http://127.0.0.1:8000, with a token: `knownwhen token create`, run in the container, makes the first one.
# Without DATABASE_URL the bundled PostgreSQL runs in the volume.

FROM python:3.13-slim-bookworm AS build
WORKDIR /build
ENV PIP_DISABLE_PIP_VERSION_CHECK=1 PIP_NO_CACHE_DIR=1 PIP_NO_INPUT=1
COPY requirements.lock ./
RUN python -m venv /opt/knownwhen \
    && /opt/knownwhen/bin/pip install --no-deps --only-binary=:all: --require-hashes --requirement requirements.lock
COPY . ./
RUN SOURCE_DATE_EPOCH=315532800 /opt/knownwhen/bin/python -m hatchling build --target wheel --directory /build/dist \
    && /opt/knownwhen/bin/pip install --no-deps --no-index /build/dist/*.whl \
    && /opt/knownwhen/bin/python -m compileall -q /opt/knownwhen/lib

FROM python:3.13-slim-bookworm
LABEL org.opencontainers.image.title="Knownwhen" \
      org.opencontainers.image.description="What did we know, and when did we know it?" \
      org.opencontainers.image.source="https://github.com/knownwhen/knownwhen" \
      org.opencontainers.image.licenses="Apache-2.0"
RUN groupadd --system --gid 10001 knownwhen \
    && useradd --system --uid 10001 --gid knownwhen --home-dir /var/lib/knownwhen --create-home --shell /usr/sbin/nologin knownwhen
COPY --from=build /opt/knownwhen /opt/knownwhen
ENV PATH=/opt/knownwhen/bin:$PATH \
    PYTHONDONTWRITEBYTECODE=1 \
    KNOWNWHEN_DATA=/var/lib/knownwhen/data \
    KNOWNWHEN_LOG=json
USER 10001:10001
WORKDIR /var/lib/knownwhen
VOLUME ["/var/lib/knownwhen"]
STOPSIGNAL SIGTERM
HEALTHCHECK --interval=10s --timeout=5s --start-period=120s --start-interval=1s --retries=6 \
    CMD ["python", "-c", "import os, urllib.request; urllib.request.urlopen(f\"http://127.0.0.1:{os.environ.get('KNOWNWHEN_PORT') or 8000}/healthz\", timeout=4)"]
ENTRYPOINT ["knownwhen"]
CMD ["serve"]
