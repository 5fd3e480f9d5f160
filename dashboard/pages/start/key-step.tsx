import { Alert, Button, Group, Stack, Text } from '@mantine/core';
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { sentenceOf } from '../../api/api-error.ts';
import { api, read } from '../../api/client.ts';
import { allKeys } from '../../api/key-queries.ts';
import { CopyField } from '../../parts/copy-field.tsx';
import { EventText } from '../../parts/event-text.tsx';
import { StepCard } from './step-card.tsx';

interface KeyStepProps {
  readonly isDone: boolean;
  readonly mayChange: boolean;
  readonly secret: string | undefined;
  readonly onCreated: (secret: string) => void;
}

export function KeyStep({ isDone, mayChange, secret, onCreated }: KeyStepProps) {
  const queryClient = useQueryClient();
  const { data } = useQuery({ ...allKeys, enabled: mayChange });
  const existing = data?.keys.find(({ scope, revokedAt }) => scope === 'ingest' && revokedAt === undefined);
  const create = useMutation({
    mutationFn: async () => await read(api.POST('/api/keys', { body: { name: 'Segment', scope: 'ingest' } })),
    onSuccess: async (key) => {
      onCreated(key.secret);
      await queryClient.invalidateQueries({ queryKey: ['keys'] });
    },
  });
  return (
    <StepCard
      number={1}
      title="Create a key that may send events"
      state={isDone ? 'done' : 'now'}
      outcome={
        secret !== undefined && (
          <Stack gap="xs">
            Copy it and keep it where secrets are kept: it is shown this once. It is filled in below.
            <CopyField label="Ingest key" value={secret} />
          </Stack>
        )
      }
    >
      <Stack gap="sm">
        <Text size="sm" c="dimmed">
          Whoever sends events shows it with each of them, so that nobody else can send any.
          {existing !== undefined && (
            <>
              {' '}
              There is one already, named “<EventText>{existing.name}</EventText>”. If you have it at hand,
              use it in the next step; otherwise create another.
            </>
          )}
        </Text>
        {create.error !== null && (
          <Alert color="red" variant="light" role="alert">
            {sentenceOf(create.error)}
          </Alert>
        )}
        <Group>
          <Button disabled={!mayChange} loading={create.isPending} onClick={() => create.mutate()}>
            Create the key
          </Button>
        </Group>
      </Stack>
    </StepCard>
  );
}
