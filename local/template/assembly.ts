import { existsSync, readFileSync } from 'node:fs';
import { basename, join, resolve } from 'node:path';
import { z } from 'zod';
import { reasonOf } from '../caught.ts';
import { StartError } from '../start-error.ts';

// A cloud assembly is the folder that CDK's synth writes: a manifest, one template per stack, and a list of assets, which
// says in which folder the bundle of each function lies. `cdk deploy` reads the same three files.

const manifestSchema = z.object({
  artifacts: z.record(
    z.string(),
    z.object({
      type: z.string(),
      properties: z.object({ templateFile: z.string().optional(), file: z.string().optional() }).optional(),
    }),
  ),
});

const assetsSchema = z.object({
  files: z.record(z.string(), z.object({ source: z.object({ path: z.string().optional() }) })).optional(),
});

const resourceSchema = z.object({
  Type: z.string(),
  Properties: z.record(z.string(), z.unknown()).optional(),
  Metadata: z.record(z.string(), z.unknown()).optional(),
  Condition: z.string().optional(),
});

const templateSchema = z.object({
  Resources: z.record(z.string(), resourceSchema),
  Parameters: z.record(z.string(), z.object({ Default: z.unknown().optional() })).optional(),
  Outputs: z.record(z.string(), z.object({ Value: z.unknown() })).optional(),
});

export type TemplateResource = z.infer<typeof resourceSchema>;
export type Template = z.infer<typeof templateSchema>;

export interface Assembly {
  readonly template: Template;
  /** The folder with a function's bundle, for the S3 key that the template gives as its code. */
  codeFolder(s3Key: string): string | undefined;
}

export function readAssembly(folder: string): Assembly {
  const manifest = readJson(join(folder, 'manifest.json'), manifestSchema);
  const artifacts = Object.values(manifest.artifacts);
  const stacks = artifacts.filter((artifact) => artifact.type === 'aws:cloudformation:stack');
  const [stack] = stacks;
  if (stack === undefined || stacks.length > 1) {
    throw new StartError(
      `The CDK app made ${stacks.length} stacks in ${folder}; the local runtime runs exactly one, so keep all resources in one stack.`,
    );
  }
  const templateFile = stack.properties?.templateFile;
  if (templateFile === undefined) {
    throw new StartError(
      `The stack in ${join(folder, 'manifest.json')} names no template file: run the CDK synth again.`,
    );
  }
  const template = readJson(join(folder, templateFile), templateSchema);

  const sources = new Map<string, string>();
  for (const artifact of artifacts) {
    const file = artifact.type === 'cdk:asset-manifest' ? artifact.properties?.file : undefined;
    if (file === undefined) continue;
    for (const [id, asset] of Object.entries(readJson(join(folder, file), assetsSchema).files ?? {})) {
      if (asset.source.path !== undefined) sources.set(id, resolve(folder, asset.source.path));
    }
  }
  return {
    template,
    codeFolder: (s3Key) => {
      const source = sources.get(basename(s3Key).replace(/\.zip$/, ''));
      return source !== undefined && existsSync(source) ? source : undefined;
    },
  };
}

function readJson<T>(file: string, schema: z.ZodType<T>): T {
  let value: unknown;
  try {
    value = JSON.parse(readFileSync(file, 'utf8'));
  } catch (error) {
    const reason = reasonOf(error);
    throw new StartError(
      `The synthesised stack cannot be read from ${file} (${reason}): run the CDK synth again.`,
    );
  }
  const parsed = schema.safeParse(value);
  if (!parsed.success) {
    throw new StartError(`${file} is not what a CDK synth writes: ${z.prettifyError(parsed.error)}`);
  }
  return parsed.data;
}
