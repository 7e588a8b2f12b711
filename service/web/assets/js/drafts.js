/**
 * Drafts of a form, kept in this browser alone, until what they say is recorded.
 */

/** @typedef {{report: Record<string, any>, saved: string}} Draft */

/** The draft under one name; where the browser keeps nothing, there is never one. */
export class DraftStore {
  /** @param {string} name */
  constructor(name) {
    this.name = `knownwhen:draft:${name}`;
  }

  /** @returns {Draft | null} */
  load() {
    try {
      const found = JSON.parse(localStorage.getItem(this.name) ?? "null");
      return found && typeof found.report === "object" ? found : null;
    } catch {
      return null;
    }
  }

  /**
   * @param {Record<string, any>} report without a protected part
   * @returns {boolean} whether it is kept
   */
  save(report) {
    try {
      localStorage.setItem(this.name, JSON.stringify({ report, saved: new Date().toISOString() }));
      return true;
    } catch {
      return false;
    }
  }

  clear() {
    try {
      localStorage.removeItem(this.name);
    } catch {
      return;
    }
  }
}
