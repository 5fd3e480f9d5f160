// How many different users stand behind a group of unmapped events, roughly, in a set of small numbers that DynamoDB
// can merge with one ADD inside the transaction that it makes anyway. It is HyperLogLog (Flajolet et al., 2007) with 64
// registers, each register kept as the set of ranks seen: the largest is the register's value. The standard error is
// 1.04 / sqrt(64) = 13 %; below 160 users linear counting makes it better.

const REGISTERS = 64;
const RANKS = 32;

/** The set member that one user contributes. `hash` is a well-mixed 32-bit hash of the user id. */
export function sketchMember(hash: number): number {
  const unsigned = hash >>> 0;
  const register = unsigned % REGISTERS;
  const rest = Math.floor(unsigned / REGISTERS);
  const rank = rest === 0 ? 27 : Math.clz32(rest) - 6 + 1;
  return register * RANKS + Math.min(rank, RANKS - 1);
}

/** The estimated number of different users behind the members of one or several merged sketches. */
export function estimateUsers(members: Iterable<number>): number {
  const ranks = new Array<number>(REGISTERS).fill(0);
  for (const member of members) {
    const register = Math.floor(member / RANKS);
    const rank = member % RANKS;
    if (register >= 0 && register < REGISTERS && rank > (ranks[register] ?? 0)) ranks[register] = rank;
  }
  const empty = ranks.filter((rank) => rank === 0).length;
  if (empty === REGISTERS) return 0;
  const alpha = 0.709;
  const raw = (alpha * REGISTERS * REGISTERS) / ranks.reduce((sum, rank) => sum + 2 ** -rank, 0);
  const estimate = raw <= 2.5 * REGISTERS && empty > 0 ? REGISTERS * Math.log(REGISTERS / empty) : raw;
  return Math.max(1, Math.round(estimate));
}
