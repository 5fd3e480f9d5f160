// One seed, one run: every choice of a simulation comes from here. Mulberry32, which is small, fast and even enough for
// choosing; nothing here needs to be unpredictable.

export class Random {
  private state: number;

  constructor(seed: number) {
    // Neighbouring seeds must not begin alike.
    this.state = Math.imul(seed ^ 0x9e3779b9, 0x85ebca6b) ^ (seed >>> 13);
    for (let i = 0; i < 4; i += 1) this.fraction();
  }

  /** At least 0, below 1. */
  fraction(): number {
    this.state = (this.state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(this.state ^ (this.state >>> 15), 1 | this.state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296;
  }

  /** A whole number from 0 up to, not including, `bound`. */
  below(bound: number): number {
    return Math.floor(this.fraction() * bound);
  }

  between(from: number, to: number): number {
    return from + this.below(to - from + 1);
  }

  chance(probability: number): boolean {
    return this.fraction() < probability;
  }

  pick<Element>(elements: readonly Element[]): Element {
    const element = elements[this.below(elements.length)];
    if (element === undefined) throw new RangeError('There is nothing to pick from.');
    return element;
  }

  shuffled<Element>(elements: readonly Element[]): Element[] {
    return elements
      .map((element) => ({ element, order: this.fraction() }))
      .sort((a, b) => a.order - b.order)
      .map(({ element }) => element);
  }

  /** 32 hex digits that look like a UUID, for what the code names at random. */
  uuid(): `${string}-${string}-${string}-${string}-${string}` {
    const hex = (digits: number): string =>
      Array.from({ length: digits }, () => this.below(16).toString(16)).join('');
    return `${hex(8)}-${hex(4)}-4${hex(3)}-a${hex(3)}-${hex(12)}`;
  }
}
