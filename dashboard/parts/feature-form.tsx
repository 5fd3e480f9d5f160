import { Alert, Button, Group, Radio, Stack, TextInput } from '@mantine/core';
import { useForm } from '@mantine/form';
import { useMutation } from '@tanstack/react-query';
import { fieldErrors, sentenceOf } from '../api/api-error.ts';
import { api, read } from '../api/client.ts';
import type { Feature } from '../api/feature-queries.ts';
import { showSuccess } from './toast.ts';

interface FeatureFormProps {
  readonly feature?: Feature | undefined;
  /** The id that events already carry. @default none */
  readonly idFromEvents?: string | undefined;
  readonly onSaved: (feature: Feature) => void;
  readonly onCancel?: (() => void) | undefined;
}

interface Values {
  readonly name: string;
  readonly id: string;
  readonly type: Feature['type'];
  readonly unitLabel: string;
  readonly unitLabelPlural: string;
}

export function FeatureForm({ feature, idFromEvents = '', onSaved, onCancel }: FeatureFormProps) {
  const form = useForm<Values>({
    initialValues: {
      name: feature?.name ?? '',
      id: feature?.id ?? idFromEvents,
      type: feature?.type ?? 'consumable',
      unitLabel: feature?.unitLabel ?? '',
      unitLabelPlural: feature?.unitLabelPlural ?? '',
    },
    validate: {
      name: (name) => (name.trim() === '' ? 'Give it a name that your colleagues know.' : null),
    },
  });
  const save = useMutation({
    mutationFn: async (values: Values) =>
      await (feature === undefined ? create(values) : change(feature.id, values)),
    onSuccess: (result) => {
      showSuccess(feature === undefined ? 'The feature is there.' : 'Saved.');
      onSaved(result);
    },
    onError: (error) => form.setErrors(fieldErrors(error)),
  });
  const isNew = feature === undefined;
  const placed = Object.keys(form.errors).length > 0;
  return (
    <form onSubmit={form.onSubmit((values) => save.mutate(values))} noValidate>
      <Stack>
        <TextInput
          label="Name"
          placeholder="Messages sent"
          data-autofocus
          {...form.getInputProps('name')}
          onChange={(event) => {
            const name = event.currentTarget.value;
            // The id follows the name until somebody writes one.
            if (isNew && idFromEvents === '' && form.values.id === idFor(form.values.name)) {
              form.setFieldValue('id', idFor(name));
            }
            form.setFieldValue('name', name);
          }}
        />
        <TextInput
          label="Id"
          description={
            isNew
              ? `It cannot be changed later. Events that name the feature themselves carry exactly this: "featureId": ${JSON.stringify(form.values.id.trim() === '' ? 'messages-sent' : form.values.id.trim())}`
              : 'It cannot be changed: events and usage carry it.'
          }
          disabled={!isNew}
          {...form.getInputProps('id')}
        />
        <Radio.Group label="What is counted" {...form.getInputProps('type')}>
          <Stack gap="xs" mt="xs">
            <Radio
              value="consumable"
              label="An amount"
              description="Each use adds to a sum: messages, credits, gigabytes."
            />
            <Radio
              value="binary"
              label="Whether it was used"
              description="What matters is who used it, not how much."
            />
          </Stack>
        </Radio.Group>
        {form.values.type === 'consumable' && (
          <Group align="flex-start">
            <TextInput
              flex="1 1 11rem"
              label="One unit (optional)"
              placeholder="message"
              {...form.getInputProps('unitLabel')}
            />
            <TextInput
              flex="1 1 11rem"
              label="Several units (optional)"
              placeholder="messages"
              {...form.getInputProps('unitLabelPlural')}
            />
          </Group>
        )}
        {save.error !== null && !placed && (
          <Alert color="red" variant="light" role="alert">
            {sentenceOf(save.error)}
          </Alert>
        )}
        <Group justify="flex-end">
          {onCancel !== undefined && (
            <Button variant="default" onClick={onCancel}>
              Cancel
            </Button>
          )}
          <Button type="submit" loading={save.isPending}>
            {isNew ? 'Create the feature' : 'Save'}
          </Button>
        </Group>
      </Stack>
    </form>
  );
}

/** `messages-sent` for "Messages sent". */
const idFor = (name: string): string =>
  name
    .normalize('NFKD')
    .toLowerCase()
    .replaceAll(/[^a-z0-9]+/g, '-')
    .replaceAll(/^-+|-+$/g, '')
    .slice(0, 100);

async function create({ name, id, type, unitLabel, unitLabelPlural }: Values): Promise<Feature> {
  const body = {
    id: id.trim(),
    name: name.trim(),
    type,
    ...(unitLabel.trim() !== '' && { unitLabel: unitLabel.trim() }),
    ...(unitLabelPlural.trim() !== '' && { unitLabelPlural: unitLabelPlural.trim() }),
  };
  return await read(api.POST('/api/features', { body }));
}

async function change(featureId: string, values: Values): Promise<Feature> {
  const orNull = (label: string): string | null => (label.trim() === '' ? null : label.trim());
  const body = {
    name: values.name.trim(),
    type: values.type,
    unitLabel: orNull(values.unitLabel),
    unitLabelPlural: orNull(values.unitLabelPlural),
  };
  return await read(api.PATCH('/api/features/{featureId}', { params: { path: { featureId } }, body }));
}
