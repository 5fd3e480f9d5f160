import { Badge, Group, Paper, Stack, Switch, Text, Title } from '@mantine/core';
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import type { ReactNode } from 'react';
import { sentenceOf } from '../../api/api-error.ts';
import { api, read, type Schema } from '../../api/client.ts';
import { ActorText } from '../../parts/actor-text.tsx';
import { CopyField } from '../../parts/copy-field.tsx';
import { QueryState } from '../../parts/query-state.tsx';
import { Time } from '../../parts/time.tsx';
import { showFailure, showSuccess } from '../../parts/toast.ts';
import { useMayChange } from '../../session/session-store.ts';
import { SettingsPage } from './settings-page.tsx';

type Settings = Schema<'Settings'>;

export function BillingPage() {
  const query = useQuery({
    queryKey: ['settings'],
    queryFn: async ({ signal }) => await read(api.GET('/api/settings', { signal })),
  });
  return (
    <SettingsPage
      title="Billing providers"
      description="Whose customer ids your users carry, so that usage can be charged for. Their keys are kept in a secret of the deployment and never shown here."
    >
      <QueryState query={query}>
        {(settings) => (
          <Stack>
            <Stripe stripe={settings.stripe} />
            <Chargebee chargebee={settings.chargebee} />
            <History history={settings.history} />
          </Stack>
        )}
      </QueryState>
    </SettingsPage>
  );
}

function Stripe({ stripe }: { readonly stripe: Settings['stripe'] }) {
  return (
    <Provider name="Stripe" isConfigured={stripe.configured} hasWebhook={stripe.webhookConfigured}>
      <Text size="sm" c="dimmed">
        Billing ids that begin with <code>cus_</code> are always taken as Stripe’s.
      </Text>
      <Fields
        names={['stripeApiKey', 'stripeWebhookSecret']}
        isComplete={stripe.configured && stripe.webhookConfigured}
      />
    </Provider>
  );
}

function Chargebee({ chargebee }: { readonly chargebee: Settings['chargebee'] }) {
  const queryClient = useQueryClient();
  const mayChange = useMayChange();
  const change = useMutation({
    mutationFn: async (enabled: boolean) =>
      await read(api.PATCH('/api/settings', { body: { chargebee: { enabled } } })),
    onSuccess: async ({ chargebee: { enabled } }) => {
      await queryClient.invalidateQueries({ queryKey: ['settings'] });
      showSuccess(enabled ? 'Chargebee is switched on.' : 'Chargebee is switched off.');
    },
    onError: (error) => showFailure(sentenceOf(error)),
  });
  return (
    <Provider name="Chargebee" isConfigured={chargebee.configured} hasWebhook={chargebee.webhookConfigured}>
      <Switch
        label="Take billing ids that are not Stripe’s as Chargebee’s"
        description="For events and imports from then on. While it is off, such ids are ignored, and the event says so."
        checked={chargebee.enabled}
        disabled={!mayChange || change.isPending}
        onChange={(event) => change.mutate(event.currentTarget.checked)}
      />
      <Fields
        names={['chargebeeSite', 'chargebeeApiKey', 'chargebeeWebhookUsername', 'chargebeeWebhookPassword']}
        isComplete={chargebee.configured && chargebee.webhookConfigured}
      />
    </Provider>
  );
}

interface ProviderProps {
  readonly name: string;
  readonly isConfigured: boolean;
  readonly hasWebhook: boolean;
  readonly children: ReactNode;
}

function Provider({ name, isConfigured, hasWebhook, children }: ProviderProps) {
  return (
    <Paper withBorder radius="lg" p="lg" component="section" aria-label={name}>
      <Stack gap="sm">
        <Group justify="space-between">
          <Title order={2} size="h4">
            {name}
          </Title>
          <Group gap="xs">
            <StateBadge isGood={isConfigured} good="Key is there" bad="No key yet" />
            <StateBadge isGood={hasWebhook} good="Webhooks are verified" bad="Webhooks are refused" />
          </Group>
        </Group>
        {children}
      </Stack>
    </Paper>
  );
}

interface StateBadgeProps {
  readonly isGood: boolean;
  readonly good: string;
  readonly bad: string;
}

function StateBadge({ isGood, good, bad }: StateBadgeProps) {
  return (
    <Badge variant="light" color={isGood ? 'teal' : 'gray'}>
      {isGood ? good : bad}
    </Badge>
  );
}

/** The fields of the secret, to be copied to where it is edited. */
function Fields({ names, isComplete }: { readonly names: readonly string[]; readonly isComplete: boolean }) {
  if (isComplete) return null;
  const template = JSON.stringify(Object.fromEntries(names.map((name) => [name, '…'])), null, 2);
  return (
    <>
      <Text size="sm" c="dimmed">
        To connect it, write these fields into the secret that the deployment names{' '}
        <code>BillingSecretArn</code>, beside those that it has. They are used within a minute.
      </Text>
      <CopyField label="Fields of the secret" value={template} />
    </>
  );
}

function History({ history }: { readonly history: Settings['history'] }) {
  if (history.length === 0) return null;
  return (
    <Paper withBorder radius="lg" p="lg" component="section" aria-label="Changes">
      <Title order={2} size="h4" mb="sm">
        Changes
      </Title>
      <Stack gap={6}>
        {history.map(({ at, by, chargebee }) => (
          <Text key={at} size="sm">
            <Time at={at} />: Chargebee switched {chargebee.enabled ? 'on' : 'off'} by{' '}
            <ActorText actor={by} />
          </Text>
        ))}
      </Stack>
    </Paper>
  );
}
