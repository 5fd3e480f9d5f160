const LINE_CHARACTERS_MAX = 16_384;

/** Cuts a stream of text into lines. A line that never ends is cut into pieces, so that it cannot fill the memory. */
export class LineReader {
  private rest = '';
  private readonly onLine: (line: string) => void;

  constructor(onLine: (line: string) => void) {
    this.onLine = onLine;
  }

  read(text: string): void {
    const lines = (this.rest + text).split('\n');
    this.rest = lines.pop() ?? '';
    for (const line of lines) this.onLine(line.replace(/\r$/, ''));
    while (this.rest.length > LINE_CHARACTERS_MAX) {
      this.onLine(this.rest.slice(0, LINE_CHARACTERS_MAX));
      this.rest = this.rest.slice(LINE_CHARACTERS_MAX);
    }
  }

  end(): void {
    if (this.rest !== '') this.onLine(this.rest);
    this.rest = '';
  }
}
