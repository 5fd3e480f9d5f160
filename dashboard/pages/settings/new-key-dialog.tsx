import { Alert, Button, Group, Radio, Stack, TextInput } from '@mantine/core';
import { useForm } from '@mantine/form';
import { useMutation, useQueryClient } from '@tanstack/react-query';
import { fieldErrors, sentenceOf } from '../../api/api-error.ts';
import { api, read } from '../../api/client.ts';
import type { KeyScope } from '../../api/key-queries.ts';
import { CopyField } from '../../parts/copy-field.tsx';
import { Dialog } from '../../parts/dialog.tsx';

interface NewKeyDialogProps {
  readonly opened: boolean;
  readonly onClose: () => void;
}

/** Makes a key and shows it, this once. */
export function NewKeyDialog({ opened, onClose }: NewKeyDialogProps) {
  const queryClient = useQueryClient();
  const form = useForm<{ name: string; scope: KeyScope }>({
    initialValues: { name: '', scope: 'ingest' },
    validate: { name: (name) => (name.trim() === '' ? 'Say what the key is for.' : null) },
  });
  const create = useMutation({
    mutationFn: async (body: { name: string; scope: KeyScope }) =>
      await read(api.POST('/api/keys', { body })),
    onSuccess: () => queryClient.invalidateQueries({ queryKey: ['keys'] }),
    onError: (error) => form.setErrors(fieldErrors(error)),
  });
  const close = (): void => {
    onClose();
    create.reset();
    form.reset();
  };
  const placed = Object.keys(form.errors).length > 0;
  return (
    <Dialog opened={opened} onClose={close} title={create.isSuccess ? 'Your new key' : 'New API key'}>
      {create.data === undefined ? (
        <form
          noValidate
          onSubmit={form.onSubmit(({ name, scope }) => create.mutate({ name: name.trim(), scope }))}
        >
          <Stack>
            <TextInput
              label="Name"
              placeholder="Segment webhook"
              data-autofocus
              {...form.getInputProps('name')}
            />
            <Radio.Group label="What it may do" {...form.getInputProps('scope')}>
              <Stack gap="xs" mt="xs">
                <Radio
                  value="ingest"
                  label="Send events"
                  description="For Segment and its SDKs. It can read nothing."
                />
                <Radio
                  value="read"
                  label="Read"
                  description="For your backend: usage, users, events; no keys."
                />
                <Radio
                  value="admin"
                  label="Everything"
                  description="For people and programs that you trust like yourself."
                />
              </Stack>
            </Radio.Group>
            {create.error !== null && !placed && (
              <Alert color="red" variant="light" role="alert">
                {sentenceOf(create.error)}
              </Alert>
            )}
            <Group justify="flex-end">
              <Button variant="default" onClick={close}>
                Cancel
              </Button>
              <Button type="submit" loading={create.isPending}>
                Create the key
              </Button>
            </Group>
          </Stack>
        </form>
      ) : (
        <Stack>
          <Alert color="yellow" variant="light" role="status">
            Copy it now and keep it where secrets are kept: it is not stored here, and will not be shown
            again.
          </Alert>
          <CopyField label="Key" value={create.data.secret} />
          <Group justify="flex-end">
            <Button onClick={close}>Done</Button>
          </Group>
        </Stack>
      )}
    </Dialog>
  );
}
