import { startRuntime } from '../../local/runtime.ts';

// The local runtime in a process of its own, so that whoever measures it does not share its event loop. Says where
// everything is in one line of JSON, reports its memory when asked, and ends with its parent.

const [dataDir = '', assembly = ''] = process.argv.slice(2);
const started = performance.now();
const runtime = await startRuntime({
  dataDir,
  port: 0,
  template: assembly === '' ? { project: new URL('../..', import.meta.url).pathname } : { assembly },
});
const { url, adminKey, ingestKey, endpoints } = runtime;
process.send?.({ url, adminKey, ingestKey, endpoints, readyMs: performance.now() - started });

process.on('message', () => process.send?.({ memory: runtime.memory() }));
process.on('disconnect', () => {
  void runtime.stop().then(() => process.exit(0));
});
