// Processor time of this process, all of its threads included: what a function is billed for when nothing makes it wait,
// and, unlike time on the clock, nearly the same on a busy machine.

/** Microseconds of one `work`, which is repeated for at least this long. */
export async function cpuTimeOf(work: (n: number) => Promise<unknown>, atLeastMs: number): Promise<number> {
  const until = performance.now() + atLeastMs;
  const before = process.cpuUsage();
  let count = 0;
  while (performance.now() < until) {
    await work(count);
    count += 1;
  }
  const { user, system } = process.cpuUsage(before);
  return (user + system) / count;
}
