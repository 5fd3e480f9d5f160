import { prepareDashboard } from '../../infra/dashboard-build.ts';

// Writes the cloud assembly to the folder given, in a process of its own: the CDK and esbuild take 150 MB that the
// runtime would otherwise hold for as long as it runs, and meanwhile it can start its engines.

const [folder] = process.argv.slice(2);
if (folder === undefined) throw new Error('usage: synthesize-child.ts FOLDER');
try {
  // The dashboard is built in another process while this one loads the CDK, which takes as long.
  const [{ synthesize }] = await Promise.all([import('../../infra/synthesize.ts'), prepareDashboard()]);
  synthesize(folder);
} catch (error) {
  console.error(error instanceof Error ? error.message : String(error));
  process.exitCode = 1;
}
