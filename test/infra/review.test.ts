import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { Validations } from 'aws-cdk-lib';
import { AwsSolutionsChecks } from 'cdk-nag';
import * as z from 'zod';
import { tallyhookApp } from '../../infra/tallyhook-app.ts';
import { readTemplate, SYNTH_TIMEOUT_MS, type ReadTemplate } from './read-template.ts';

// The largest stack that options can make, as others see it: CloudFormation's schemas, cdk-nag, and a reviewer who reads
// what a change does to the template.

const reportSchema = z.object({
  pluginReports: z.array(
    z.object({
      pluginName: z.string(),
      violations: z.array(
        z.object({
          ruleName: z.string(),
          violatingConstructs: z.array(z.object({ constructPath: z.string().optional() })),
        }),
      ),
    }),
  ),
});

let folder: string;
let template: ReadTemplate;
let error: unknown;

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'tallyhook-review-'));
  const { app, stack } = tallyhookApp({
    outdir: folder,
    context: {
      stage: 'staging',
      domain: 'events.example.com',
      certificateArn: 'arn:aws:acm:us-east-1:123456789012:certificate/11111111-2222-3333-4444-555555555555',
      alarmEmail: 'ops@example.com',
    },
  });
  Validations.of(app).addPlugins(new AwsSolutionsChecks(app));
  try {
    app.synth();
  } catch (thrown) {
    // Violations end a synth with an error; the report says which.
    error = thrown;
  }
  template = readTemplate(join(folder, stack.templateFile));
}, SYNTH_TIMEOUT_MS);
afterAll(() => rmSync(folder, { recursive: true, force: true }));

test('CloudFormation and cdk-nag find nothing that has no reason written beside it', () => {
  const report = reportSchema.parse(JSON.parse(readFileSync(join(folder, 'validation-report.json'), 'utf8')));
  const findings = report.pluginReports.flatMap(({ pluginName, violations }) =>
    violations.flatMap(({ ruleName, violatingConstructs }) =>
      violatingConstructs.map(({ constructPath }) => `${pluginName} ${ruleName} ${constructPath ?? ''}`),
    ),
  );
  expect(report.pluginReports.map(({ pluginName }) => pluginName)).toContain('AwsSolutions');
  expect(findings).toEqual([]);
  expect(error).toBeUndefined();
});

test('the template is the one that was reviewed (update the snapshot when the change is meant)', () => {
  const lines = template.resources.map(({ id, Type, ...rest }) => `${Type} ${id} ${JSON.stringify(rest)}`);
  expect(masked(lines.sort().join('\n'))).toMatchSnapshot();
});

/** Without what changes when only code changes (asset hashes) or a construct moves (the hash in logical ids). */
function masked(text: string): string {
  return text
    .replace(/\b[0-9a-f]{64}\.zip\b/g, '<asset>.zip')
    .replace(/\b([A-Za-z0-9]+?)[0-9A-F]{8}\b/g, '$1');
}
