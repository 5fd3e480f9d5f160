import { dirname } from 'node:path';
import { fileURLToPath } from 'node:url';
import { billingSecretFrom } from './billing-secret.ts';
import type { LogEntry } from './log.ts';
import { onParentEnd } from './parent-end.ts';
import { type Runtime, startRuntime } from './runtime.ts';
import { StartError } from './start-error.ts';

// The command line of the local runtime: environment in, console out, signals to an orderly stop.

const DEFAULT_PORT = 4400;
const DEFAULT_DATA_DIR = '.tallyhook';
const projectRoot = dirname(dirname(fileURLToPath(import.meta.url)));

export async function main(): Promise<void> {
  const { env } = process;
  const debug = env['TALLYHOOK_DEBUG'] === '1';
  let runtime: Runtime | undefined;
  let stopRequested = false;

  const stop = async (): Promise<void> => {
    await runtime?.stop();
    console.log('Stopped.');
    process.exit(0);
  };
  const onSignal = (): void => {
    // The watchdog ends the children of a process that is gone.
    if (stopRequested) process.exit(130);
    stopRequested = true;
    console.log('\nStopping; press Ctrl-C again to stop at once.');
    if (runtime !== undefined) void stop();
  };
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, onSignal);
  // Only under npm: whoever starts the program itself may leave it running.
  if (env['npm_lifecycle_event'] !== undefined) {
    onParentEnd(() => {
      // After Ctrl-C the shell ends first, and that is no second Ctrl-C.
      if (!stopRequested) onSignal();
    });
  }

  try {
    runtime = await startRuntime({
      dataDir: env['DATA_DIR'] || DEFAULT_DATA_DIR,
      port: portFrom(env['PORT']),
      // For tests, and for running what `npx cdk synth` wrote.
      template: env['ASSEMBLY_DIR'] ? { assembly: env['ASSEMBLY_DIR'] } : { project: projectRoot },
      adminKey: env['TALLYHOOK_ADMIN_KEY'] || undefined,
      ingestKey: env['TALLYHOOK_INGEST_KEY'] || undefined,
      billingSecret: billingSecretFrom(env),
      dynamodbEndpoint: env['DYNAMODB_ENDPOINT'] || undefined,
      sqsEndpoint: env['SQS_ENDPOINT'] || undefined,
      log: (entry) => {
        print(entry, debug);
      },
    });
  } catch (error) {
    if (error instanceof StartError) console.error(error.message);
    else console.error(error);
    process.exit(1);
  }
  if (stopRequested) {
    await stop();
    return;
  }
  if (debug)
    for (const [step, ms] of runtime.timings) console.log(`${ms.toFixed(0).padStart(7)} ms  ${step}`);
  console.log(welcome(runtime));
}

function portFrom(text: string | undefined): number {
  if (text === undefined || text === '') return DEFAULT_PORT;
  const port = Number(text);
  if (/^\d+$/.test(text) && port <= 65_535) return port;
  console.error(`PORT must be a number from 0 to 65535, not "${text}".`);
  process.exit(1);
}

function print({ source, level, text }: LogEntry, debug: boolean): void {
  if (level === 'output') console.log(`[${source}] ${text}`);
  else if (level === 'warn') console.error(text);
  else if (level === 'info' || debug) console.log(text);
}

function welcome({ url, outputs, adminKey, ingestKey }: Runtime): string {
  const lines: [string, string][] = [
    ['Segment webhook', outputs['WebhookUrl'] ?? `${url}/segment`],
    ['Tracking API', outputs['TrackingApiUrl'] ?? `${url}/v1`],
    ['Dashboard, API', outputs['DashboardUrl'] ?? `${url}/`],
    ['Admin key', adminKey],
    ['Ingest key', ingestKey],
  ];
  const width = Math.max(...lines.map(([name]) => name.length));
  return `
Tallyhook is ready. Open ${outputs['DashboardUrl'] ?? `${url}/`} in a browser, and sign in with the admin key.

${lines.map(([name, value]) => `  ${name.padEnd(width)}  ${value}`).join('\n')}

The dashboard leads to a first event; or send one from a second terminal:

  curl -u ${ingestKey}: -H 'content-type: application/json' ${outputs['TrackingApiUrl'] ?? `${url}/v1`}/track \\
    -d '{"userId":"ada","event":"Message Sent","messageId":"first-1","properties":{"featureId":"messages"}}'

Press Ctrl-C to stop.
`;
}
