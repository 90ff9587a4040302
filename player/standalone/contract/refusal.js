// Why a document was refused: one code for machines, one sentence for the log (playlists/errors.py).

export class Refusal extends Error {
  /**
   * @param {string} code One of the codes of playlists/errors.py, "E-SIG" for one.
   * @param {string} sentence What was wrong, for the log.
   */
  constructor(code, sentence) {
    super(`${code}: ${sentence}`);
    this.name = "Refusal";
    this.code = code;
    this.sentence = sentence;
  }
}
