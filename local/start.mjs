// What `npm start` runs. Plain JavaScript, so that an old Node gets as far as saying what is wrong.

const [major = 0, minor = 0] = process.versions.node.split('.').map(Number);
if (major < 22 || (major === 22 && minor < 18)) {
  console.error(
    `Tallyhook needs Node 24, which comes with its packages, and this is Node ${process.versions.node}: run "npm ci", then "npm start".`,
  );
  process.exit(1);
}
// Type stripping and SQLite are marked experimental in some of these versions; that helps nobody who reads this console.
process.removeAllListeners('warning');
const { main } = await import('./main.ts');
await main();
