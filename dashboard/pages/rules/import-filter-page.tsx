import { Alert, Button, Group, Paper, Radio, Stack, Text, Textarea } from '@mantine/core';
import { useMutation } from '@tanstack/react-query';
import { useState } from 'react';
import { Link } from 'wouter';
import { ApiError, sentenceOf } from '../../api/api-error.ts';
import { api, read } from '../../api/client.ts';
import { BackLink } from '../../parts/back-link.tsx';
import { EventText } from '../../parts/event-text.tsx';
import { Page } from '../../parts/page.tsx';
import { ConditionText } from '../../rule-text/condition-text.tsx';
import { MatcherText } from '../../rule-text/matcher-text.tsx';
import text from '../../rule-text/rule-text.module.css';
import form from './rule-form.module.css';
import { newRuleFrom, type BegunRule } from './prefilled-draft.ts';

type Language = 'trigger' | 'filter';

export function ImportFilterPage() {
  const [filter, setFilter] = useState('');
  const [language, setLanguage] = useState<Language>('trigger');
  const reading = useMutation({
    mutationFn: async () => await read(api.POST('/api/rules/import', { body: { filter, language } })),
  });
  const details = reading.error instanceof ApiError ? reading.error.details : [];
  return (
    <Page
      title="A rule from a Segment filter"
      back={<BackLink to="/rules">Rules</BackLink>}
      description="Paste a condition as Segment writes it. You see what it means here before anything is saved."
    >
      <Paper withBorder radius="lg" p="lg">
        <form
          noValidate
          onSubmit={(event) => {
            event.preventDefault();
            reading.mutate();
          }}
        >
          <Stack>
            <Radio.Group
              label="Where is it from?"
              description="Segment’s two languages look alike and treat missing fields differently."
              value={language}
              onChange={(value) => setLanguage(value === 'filter' ? 'filter' : 'trigger')}
            >
              <Stack gap="xs" mt="xs">
                <Radio value="trigger" label="The trigger of a mapping in a destination" />
                <Radio value="filter" label="A destination filter or a transformation" />
              </Stack>
            </Radio.Group>
            <Textarea
              label="Filter"
              placeholder={'event = "Message Sent" and properties.plan = "pro"'}
              autosize
              minRows={3}
              maxRows={12}
              classNames={{ input: form['code'] ?? '' }}
              spellCheck={false}
              value={filter}
              error={details.find(({ path }) => path !== 'filter')?.message}
              onChange={({ currentTarget: { value } }) => {
                setFilter(value);
                reading.reset();
              }}
            />
            {reading.error !== null && (
              <Alert color="red" variant="light" role="alert" title={sentenceOf(reading.error)}>
                <ul className={text['list']}>
                  {details.map(({ message }) => (
                    <li key={message}>
                      <EventText lengthMax={400}>{message}</EventText>
                    </li>
                  ))}
                </ul>
              </Alert>
            )}
            <Group justify="flex-end">
              <Button type="submit" loading={reading.isPending}>
                Read the filter
              </Button>
            </Group>
          </Stack>
        </form>
      </Paper>
      {reading.data !== undefined && <ReadRules rules={reading.data.rules} />}
    </Page>
  );
}

function ReadRules({ rules }: { readonly rules: readonly BegunRule[] }) {
  return (
    <Stack role="region" aria-label="What it means here">
      {rules.length > 1 && (
        <Text>
          It has an “or” between fields, which takes {rules.length} rules. They may count for the same
          feature: an event counts once.
        </Text>
      )}
      {rules.map((rule, index) => (
        <Paper key={index} withBorder radius="lg" p="lg">
          <ul className={text['list']}>
            <li>
              <MatcherText matcher={rule.event} />
            </li>
            {(rule.conditions ?? []).map((condition, at) => (
              <li key={at}>
                <span className={text['soft']}>and </span>
                <ConditionText condition={condition} />
              </li>
            ))}
          </ul>
          <Button mt="md" component={Link} href={newRuleFrom(rule)}>
            Go on with this rule
          </Button>
        </Paper>
      ))}
    </Stack>
  );
}
