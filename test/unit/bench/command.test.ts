import { expect, test } from '@jest/globals';
import { parseOptions } from '../../../bench/options.ts';

const known = ['matching', 'pipeline'];

test.each([
  [[], { kind: 'run', names: known }],
  [['pipeline'], { kind: 'run', names: ['pipeline'] }],
  [['compare', 'HEAD~1', 'matching'], { kind: 'compare', revision: 'HEAD~1', names: ['matching'] }],
  [['publish'], { kind: 'publish' }],
])('npm run bench -- %j is understood', (args, options) => {
  expect(parseOptions(args, known)).toEqual(options);
});

test.each([
  [['nothing'], 'There is no benchmark "nothing". Choose from: matching, pipeline.'],
  [['compare', 'HEAD', 'nothing'], 'There is no benchmark "nothing". Choose from: matching, pipeline.'],
  [['compare', 'HEAD'], 'Say which revision, and which benchmarks: compare REVISION NAME…'],
])('npm run bench -- %j is told what to do', (args, message) => {
  expect(parseOptions(args, known)).toEqual({ kind: 'wrong', message });
});
