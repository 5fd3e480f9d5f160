// How long everything takes. The defaults are what a figure needs to be believed; a comparison of two revisions runs each
// benchmark many times and asks for one turn at a time.

/** Turns of each side of a comparison. */
export const TURNS = positive(process.env['BENCH_TURNS'], 5);
/** Seconds of one turn of one side, where a rate is measured. Five turns of them are a minute under load. */
export const TURN_SECONDS = positive(process.env['BENCH_SECONDS'], 12);

function positive(given: string | undefined, otherwise: number): number {
  if (given === undefined) return otherwise;
  const value = Number(given);
  if (!(value > 0)) throw new Error(`BENCH_TURNS and BENCH_SECONDS are positive numbers, not "${given}".`);
  return value;
}
