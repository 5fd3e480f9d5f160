import { TURNS } from './effort.ts';

// For work that is too long, or has too much around it, for measure(): each side measures itself, once a turn.

/**
 * Runs two sides in turns, so that whatever slows the machine slows both of them; who begins changes with every turn.
 * Answers the samples of each, turn by turn, as `ratioOfTurns` takes them.
 */
export async function interleave<Ours, Theirs>(
  ours: (turn: number) => Promise<Ours>,
  theirs: (turn: number) => Promise<Theirs>,
  progress: (step: string) => void,
  turns = TURNS,
): Promise<{ readonly ours: readonly Ours[]; readonly theirs: readonly Theirs[] }> {
  const samples = { ours: new Array<Ours>(), theirs: new Array<Theirs>() };
  for (let turn = 0; turn < turns; turn += 1) {
    progress(`turn ${turn + 1} of ${turns}`);
    if (turn % 2 === 0) samples.ours.push(await ours(turn));
    samples.theirs.push(await theirs(turn));
    if (turn % 2 === 1) samples.ours.push(await ours(turn));
  }
  return samples;
}
