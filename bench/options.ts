// What was asked for on the command line of `npm run bench`.

export type BenchOptions =
  | { readonly kind: 'run'; readonly names: readonly string[] }
  /** Runs the benchmarks of this tree on the product of another revision, too. */
  | { readonly kind: 'compare'; readonly revision: string; readonly names: readonly string[] }
  /** Writes the last results into docs/performance.md. */
  | { readonly kind: 'publish' }
  | { readonly kind: 'wrong'; readonly message: string };

export const USAGE = `npm run bench                          every benchmark
npm run bench -- NAME…                 some of them
npm run bench -- compare REVISION NAME…  this tree against another revision, in turns
npm run bench -- publish               write the last results into docs/performance.md`;

export function parseOptions(args: readonly string[], known: readonly string[]): BenchOptions {
  const [command, ...rest] = args;
  if (command === 'publish' && rest.length === 0) return { kind: 'publish' };
  if (command === 'compare') {
    const [revision, ...names] = rest;
    if (revision === undefined || names.length === 0) {
      return { kind: 'wrong', message: 'Say which revision, and which benchmarks: compare REVISION NAME…' };
    }
    return among(known, names) ?? { kind: 'compare', revision, names };
  }
  return among(known, args) ?? { kind: 'run', names: args.length > 0 ? args : known };
}

function among(known: readonly string[], names: readonly string[]): BenchOptions | undefined {
  const unknown = names.filter((name) => !known.includes(name));
  if (unknown.length === 0) return undefined;
  const message = `There is no benchmark "${unknown.join('", "')}". Choose from: ${known.join(', ')}.`;
  return { kind: 'wrong', message };
}
