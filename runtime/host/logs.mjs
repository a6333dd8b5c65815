/** What the Workers and workerd say goes to standard output, and the last of it is kept for tests. */

const KEPT_LINES = 20_000;

export class Logs {
  #entries = [];

  /** @param {{timestamp?: number, level: string, message: string}} entry */
  receive = ({ timestamp, level, message }) => {
    this.#entries.push({ timestamp: timestamp ?? Date.now(), level, message });
    if (this.#entries.length > KEPT_LINES) this.#entries.splice(0, KEPT_LINES / 2);
    process.stdout.write(`${message}\n`);
  };

  get entries() {
    return this.#entries;
  }
}
