import { Alert, Anchor, List, Stack, Tabs, Text } from '@mantine/core';
import { Link } from 'wouter';
import { CopyField } from './copy-field.tsx';
import { TEST_EVENT, TestEventButton } from './test-event-button.tsx';

interface ConnectStepsProps {
  readonly webhookUrl: string;
  readonly trackingApiUrl: string;
  /** Filled in where a key is needed. @default a word that stands for it */
  readonly ingestKey?: string | undefined;
  /** Whether they lead to the first event, which on one's own machine can only be sent by hand. @default false */
  readonly isFirst?: boolean;
}

/** What to do in Segment, or in an app that uses one of Segment's SDKs. The URLs are those of this deployment. */
export function ConnectSteps({ webhookUrl, trackingApiUrl, ingestKey, isFirst = false }: ConnectStepsProps) {
  const key = ingestKey ?? 'INGEST_KEY';
  const host = trackingApiUrl.replace(/\/v1$/, '');
  const isLocal = /^(?:127\.|localhost$|\[::1\]$)/.test(new URL(webhookUrl).hostname);
  // The policy of the page lets it send to its own origin only.
  const maySend = new URL(trackingApiUrl).origin === location.origin;
  return (
    <Tabs defaultValue={isLocal && isFirst ? 'try' : 'webhook'} keepMounted={false}>
      <Tabs.List aria-label="How events come here" mb="lg">
        <Tabs.Tab value="webhook">Webhook</Tabs.Tab>
        <Tabs.Tab value="sdk">SDK</Tabs.Tab>
        <Tabs.Tab value="try">Try it by hand</Tabs.Tab>
      </Tabs.List>
      <Tabs.Panel value="webhook">
        <Stack>
          <Text c="dimmed">
            For companies that use Segment: a webhook destination sends the events here, too, and everywhere
            else as before.
          </Text>
          {isLocal && (
            <Alert color="orange" variant="light" role="note">
              This pipeline runs on your own machine, where Segment cannot reach it. Try it by hand here; once
              it is deployed, these steps are for you.
            </Alert>
          )}
          <CopyField label="Webhook URL" value={webhookUrl} />
          {ingestKey !== undefined && (
            <CopyField label="Authorization header" value={`Bearer ${ingestKey}`} />
          )}
          <List type="ordered" spacing="xs">
            <List.Item>
              In Segment, open Connections → Catalog and choose <strong>Webhooks (Actions)</strong>. Connect
              it to your source.
            </List.Item>
            <List.Item>
              Add a mapping <strong>Send</strong>, triggered by <strong>Track</strong> and{' '}
              <strong>Identify</strong>.
            </List.Item>
            <List.Item>
              Enter the webhook URL above, method <strong>POST</strong>.
            </List.Item>
            <List.Item>
              Add a header: name <code>Authorization</code>,{' '}
              {ingestKey === undefined ? (
                <>
                  value <code>Bearer</code>, a space, and an ingest key. <KeysHint isFirst={isFirst} />
                </>
              ) : (
                'with the value above.'
              )}
            </List.Item>
            <List.Item>
              Leave the data as it is (the whole event). With more than a few events a second, switch batching
              on.
            </List.Item>
            <List.Item>Switch the mapping and the destination on, and send a test event.</List.Item>
          </List>
        </Stack>
      </Tabs.Panel>
      <Tabs.Panel value="sdk">
        <Stack>
          <Text c="dimmed">Without Segment, or beside it: its SDKs send straight to this deployment.</Text>
          <CopyField label="Tracking API URL" value={trackingApiUrl} />
          <CopyField label="Node" value={`new Analytics({ writeKey: '${key}', host: '${host}' })`} />
          <CopyField
            label="Browser"
            value={`AnalyticsBrowser.load({ writeKey: '${key}', cdnURL: '${host}' })`}
          />
          <CopyField label="Python" value={`Client('${key}', host='${host}')`} />
          <Text size="sm" c="dimmed">
            {ingestKey === undefined && (
              <>
                Put an ingest key where it says INGEST_KEY. <KeysHint isFirst={isFirst} />{' '}
              </>
            )}
            A key in a web page or an app is public: anyone can send events with it, and nothing else.
          </Text>
        </Stack>
      </Tabs.Panel>
      <Tabs.Panel value="try">
        <Stack>
          <Text c="dimmed">
            One event, “{TEST_EVENT.event}” of the user {TEST_EVENT.userId}, to see it arrive.
            {ingestKey === undefined && (
              <>
                {' '}
                Put an ingest key where it says INGEST_KEY. <KeysHint isFirst={isFirst} />
              </>
            )}
          </Text>
          {maySend && ingestKey !== undefined && (
            <TestEventButton trackingApiUrl={trackingApiUrl} ingestKey={ingestKey} />
          )}
          <CopyField
            label={maySend && ingestKey !== undefined ? 'Or from a terminal' : 'From a terminal'}
            value={`curl -u ${key}: ${trackingApiUrl}/track -H 'content-type: application/json' -d '${JSON.stringify(TEST_EVENT)}'`}
          />
        </Stack>
      </Tabs.Panel>
    </Tabs>
  );
}

function KeysHint({ isFirst }: { readonly isFirst: boolean }) {
  if (isFirst) return 'One that you create in step 1 is filled in here.';
  return (
    <Anchor component={Link} href="/settings" inherit>
      Make a key
    </Anchor>
  );
}
