import cliProgress from 'cli-progress';

// A bar in a terminal; in a log file, a line now and then.

export interface Progress {
  /** How much is done now. */
  readonly at: (done: number) => void;
  readonly end: () => void;
}

const STEP_WIDTH = 14;
const LINE_EVERY_MS = 5_000;

export function startProgress(step: string, total: number): Progress {
  const bar = new cliProgress.SingleBar(
    {
      format: `  ${step.padEnd(STEP_WIDTH)} {bar} {percentage}%  {value} of {total}`,
      barsize: 30,
      hideCursor: true,
      noTTYOutput: true,
      notTTYSchedule: LINE_EVERY_MS,
    },
    cliProgress.Presets.shades_classic,
  );
  bar.start(Math.max(total, 1), 0);
  return {
    at: (done) => {
      bar.update(Math.min(done, Math.max(total, 1)));
    },
    end: () => {
      bar.stop();
    },
  };
}
