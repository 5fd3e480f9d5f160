import { readFileSync } from 'node:fs';
import * as z from 'zod';

// A synthesised template, parsed once, in the shape that tests ask questions in.

const resourceSchema = z.object({
  Type: z.string(),
  Properties: z.record(z.string(), z.unknown()).default({}),
  Metadata: z.record(z.string(), z.unknown()).default({}),
  DeletionPolicy: z.string().optional(),
  UpdateReplacePolicy: z.string().optional(),
});

const templateSchema = z.object({
  Resources: z.record(z.string(), resourceSchema),
  Outputs: z.record(z.string(), z.object({ Value: z.unknown() })),
});

export type Resource = z.infer<typeof resourceSchema> & { readonly id: string };

export interface ReadTemplate {
  /** All resources. */
  readonly resources: readonly Resource[];
  readonly outputs: Readonly<Record<string, unknown>>;
  ofType(type: string): Resource[];
  /** The one resource that a `Ref` or `Fn::GetAtt` points at. */
  pointedAtBy(intrinsic: unknown): Resource;
}

/** A synth takes two seconds, cdk-nag as much again, and longer where other tests want the same cores. */
export const SYNTH_TIMEOUT_MS = 120_000;

const intrinsicSchema = z.union([
  z.object({ Ref: z.string() }).transform(({ Ref }) => Ref),
  z.object({ 'Fn::GetAtt': z.tuple([z.string(), z.string()]) }).transform((value) => value['Fn::GetAtt'][0]),
]);

export function readTemplate(file: string): ReadTemplate {
  const template = templateSchema.parse(JSON.parse(readFileSync(file, 'utf8')));
  const resources = Object.entries(template.Resources).map(([id, resource]) => ({ id, ...resource }));
  return {
    resources,
    outputs: Object.fromEntries(Object.entries(template.Outputs).map(([name, { Value }]) => [name, Value])),
    ofType: (type) => resources.filter((resource) => resource.Type === type),
    pointedAtBy: (intrinsic) => {
      const id = intrinsicSchema.parse(intrinsic);
      const resource = resources.find((candidate) => candidate.id === id);
      if (resource === undefined) throw new Error(`The template has no resource ${id}.`);
      return resource;
    },
  };
}

/** A function's name as people use it, from the logical id that its construct gives it: ingest, process, reprocess, admin. */
export function functionNameOf(lambda: Resource): string {
  return lambda.id.replace(/FunctionLambda[0-9A-F]{8}$/, '').toLowerCase();
}
