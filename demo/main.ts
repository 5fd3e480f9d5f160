import { DemoError } from './demo-error.ts';
import { readOptions, USAGE } from './options.ts';
import { runDemo } from './run-demo.ts';

// `npm run demo`: a day of a company that uses Tallyhook, sent to a pipeline that runs, and checked to the last digit.

try {
  const options = readOptions(process.argv.slice(2), process.env, Date.now());
  if (options === undefined) console.log(USAGE);
  else if (
    !(await runDemo(options, (text) => {
      console.log(text);
    }))
  )
    process.exitCode = 1;
} catch (error) {
  console.error(error instanceof DemoError ? error.message : error);
  process.exitCode = 1;
}
