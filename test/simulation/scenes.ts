import { ADMIN_SCENES } from './admin-scenes.ts';
import { IMPORT_SCENES } from './import-scenes.ts';
import { MINUTE } from './deployment.ts';
import { failsFirst } from './fails-first.ts';
import { noise } from './load.ts';
import type { Play, Scene } from './play.ts';
import { Random } from './random.ts';

// The scenes of the crash matrix: each leads through some of what the pipeline does. Together they call every place.

const INVALID = ['"many"', 'invalid'] as const;
const large = (seed: number): { readonly noise: string } => ({ noise: noise(new Random(seed)) });

const usedFeature = async (play: Play): Promise<void> => {
  await play.feature('exports');
  await play.send(play.track('ada', { featureId: 'exports' }));
};

/** Switches a rule on or off. */
const turn = (play: Play, ruleId: string, enabled: boolean, how: { readonly past?: 'revert' } = {}) =>
  play.change((store) =>
    store.changeRule(ruleId, (body) => ({ ok: true, body: { ...body, enabled } }), 'editor', how),
  );

export const SCENES: readonly Scene[] = [
  { name: 'an event that names its feature', isCore: true, run: usedFeature },
  {
    name: 'an event waits for its rule',
    run: async (play) => {
      await play.feature('exports');
      await play.send(play.track('ada'));
      await play.settle();
      await play.rule('exports');
    },
  },
  {
    name: 'an event and its rule at the same time',
    isCore: true,
    run: async (play) => {
      await play.feature('exports');
      await play.send(play.track('ada'));
      await play.pause();
      await play.rule('exports');
    },
  },
  {
    name: 'a batch, and some of it again',
    run: async (play) => {
      await play.feature('exports');
      await play.rule('exports', 'Report Exported', '3');
      const events = Array.from({ length: 12 }, (_, index) =>
        play.track(index % 2 === 0 ? 'ada' : 'ben', {
          name: index % 3 === 0 ? 'Report Opened' : 'Report Exported',
        }),
      );
      await play.send(...events);
      await play.send(...events.slice(4), play.track('cleo'));
    },
  },
  {
    name: 'a batch into a store that takes no batches',
    failing: failsFirst(/insert-items\.ts:6\d/, 3),
    run: async (play) => {
      await play.feature('exports');
      await play.send(play.track('ada', { featureId: 'exports' }), play.track('ben'), play.track('ben'));
    },
  },
  {
    name: 'a batch of more messages than one',
    run: async (play) => {
      await play.send(...Array.from({ length: 130 }, () => play.track('ada')));
    },
  },
  {
    name: 'a large body, and another one under its messageId',
    run: async (play) => {
      await play.feature('exports');
      const first = play.track('ada', { featureId: 'exports', ...large(1) });
      await play.send(first);
      await play.send(play.track('ada', { messageId: first.messageId, ...large(2) }));
      await play.send(first, play.track('ben', large(3)));
    },
  },
  {
    name: 'a body that is too much for one transaction',
    run: async (play) => {
      await play.send(play.track('ada', { noise: noise(new Random(1), 5_000_000) }));
    },
  },
  {
    name: 'a small body, and another one under its messageId',
    run: async (play) => {
      const first = play.track('ada');
      await play.send(first);
      await play.send(play.track('ben', { messageId: first.messageId }));
    },
  },
  {
    name: 'SQS takes nothing for a while',
    failing: failsFirst(/^adapters\/event-queue\.ts.*< functions\/ingest/, 2),
    run: async (play) => {
      await usedFeature(play);
      await play.settle();
      await play.send(...Array.from({ length: 102 }, () => play.track('ben', { featureId: 'exports' })));
      await play.tick();
    },
  },
  {
    name: 'an identify, another, and a track',
    isCore: true,
    run: async (play) => {
      await play.send(play.identify('ada', { email: 'a@x.test', billingId: 'cus_1' }));
      await play.send(play.identify('ada', { name: 'Ada' }), play.track('ada'));
    },
  },
  {
    name: 'two users claim one email and one billing id',
    run: async (play) => {
      await play.send(play.identify('ada', { email: 'a@x.test', billingId: 'cus_1' }));
      await play.send(play.identify('ben', { email: 'a@x.test', billingId: 'cus_1' }));
    },
  },
  {
    name: 'a user has another email than before, and a billing id',
    run: async (play) => {
      await play.send(play.identify('ada', { email: 'a@x.test' }));
      await play.settle();
      await play.send(play.identify('ada', { email: 'b@x.test', billingId: 'cus_1' }, { time: play.now }));
    },
  },
  {
    name: 'a merge, and its undoing',
    run: async (play) => {
      await usedFeature(play);
      await play.send(play.track('ben'), play.identify('ben', { email: 'b@x.test' }));
      await play.settle();
      await play.merge('ada', 'ben');
      await play.send(play.identify('ben', { name: 'Ben' }));
      await play.settle();
      await play.undoMerges();
    },
  },
  {
    name: 'a rule is edited, and what it counted is counted again',
    run: async (play) => {
      await play.feature('exports');
      const ruleId = await play.rule('exports');
      await play.send(play.track('ada'), play.track('ben'));
      await play.settle();
      await play.change((store) =>
        store.changeRule(
          ruleId,
          (body) => ({ ok: true, body: { ...body, delta: { value: '3' } } }),
          'editor',
          {
            past: 'recount',
          },
        ),
      );
    },
  },
  {
    name: 'a rule is deleted, and what it counted is taken back',
    run: async (play) => {
      await play.feature('exports');
      const ruleId = await play.rule('exports');
      await play.send(play.track('ada'));
      await play.settle();
      await play.change((store) => store.deleteRule(ruleId, 'editor', 'revert'));
    },
  },
  {
    name: 'a rule is reverted while its events are under way',
    run: async (play) => {
      await play.feature('exports');
      const ruleId = await play.rule('exports');
      await play.send(play.track('ada'), play.track('ben', { name: 'Report Opened' }));
      await play.pause();
      await play.change((store) => store.deleteRule(ruleId, 'editor', 'revert'));
      await play.send(play.track('ada'));
    },
  },
  {
    name: 'a rule is reverted while an event waits to be sent back',
    run: async (play) => {
      await play.feature('exports');
      const event = play.track('ada');
      await play.send(event);
      await play.settle();
      play.spoil(event);
      const ruleId = await play.rule('exports');
      await play.settle();
      play.mend(event);
      await play.change((store) => store.deleteRule(ruleId, 'editor', 'revert'));
      await play.settle();
      await play.redrive();
    },
  },
  {
    name: 'one of two rules that count an event is reverted',
    run: async (play) => {
      await play.feature('exports');
      await play.feature('seats');
      const ruleId = await play.rule('exports');
      await play.rule('seats', 'Report Exported', '2');
      await play.send(play.track('ada'), play.track('ben'));
      await play.settle();
      await play.change((store) => store.deleteRule(ruleId, 'editor', 'revert'));
    },
  },
  {
    name: 'a rule is switched off, and on again when an event waits for it',
    run: async (play) => {
      await play.feature('exports');
      const ruleId = await play.rule('exports');
      await turn(play, ruleId, false);
      await play.send(play.track('ada'));
      await play.settle();
      await turn(play, ruleId, true);
    },
  },
  {
    name: 'a rule is reverted and enabled again at once',
    run: async (play) => {
      await play.feature('exports');
      await play.feature('seats');
      const ruleId = await play.rule('exports');
      // What another rule counts of the same events stays, so that they are not decided anew as a whole.
      await play.rule('seats');
      await play.send(play.track('ada'));
      await play.settle();
      // The scan comes late, when the next version has counted as well.
      await play.withoutSweeps(() => turn(play, ruleId, false, { past: 'revert' }));
      await turn(play, ruleId, true);
      await play.send(play.track('ben'), play.track('ada'));
      await play.settle();
    },
  },
  {
    name: 'the messages of a sweep and of a scan are lost',
    run: async (play) => {
      await play.feature('exports');
      await play.send(play.track('ada'));
      await play.settle();
      let ruleId = '';
      await play.withoutSweeps(async () => {
        ruleId = await play.rule('exports');
      });
      await play.stage.scheduler.sleep(20 * MINUTE);
      for (let tick = 0; tick < 3; tick += 1) {
        await play.tick();
        await play.settle();
      }
      await play.withoutSweeps(() => play.change((store) => store.deleteRule(ruleId, 'editor', 'revert')));
    },
  },
  {
    // Until nobody has its message any more: the queue has given it up, and the timer must send it again.
    name: 'a sweep cannot read its events for a while',
    failing: failsFirst(/settle-events.*sweep-shard/, 12),
    run: async (play) => {
      await play.feature('exports');
      await play.send(play.track('ada'));
      await play.settle();
      await play.rule('exports');
      await play.stage.scheduler.sleep(20 * MINUTE);
    },
  },
  {
    name: 'a revert cannot write for a while',
    failing: failsFirst(/commit\.ts.*revise-events/, 40),
    run: async (play) => {
      await play.feature('exports');
      const ruleId = await play.rule('exports');
      await play.send(play.track('ada'), play.track('ben'));
      await play.settle();
      await play.change((store) => store.deleteRule(ruleId, 'editor', 'revert'));
    },
  },
  {
    name: 'two rules are reverted one after the other',
    run: async (play) => {
      await play.feature('exports');
      await play.feature('seats');
      const [first, second] = [await play.rule('exports'), await play.rule('seats')];
      await play.send(play.track('ada'));
      await play.settle();
      await play.change((store) => store.deleteRule(first, 'editor', 'revert'));
      await play.change((store) => store.deleteRule(second, 'editor', 'revert'));
    },
  },
  {
    name: 'a feature comes after its events, goes and comes back',
    run: async (play) => {
      await usedFeature(play);
      await play.change((store) => store.changeFeature('exports', { archived: true }));
      await play.send(play.track('ada', { featureId: 'exports' }), play.track('ben', { featureId: 'seats' }));
      await play.settle();
      await play.change((store) => store.changeFeature('exports', { archived: false }));
      await play.feature('seats');
    },
  },
  {
    name: 'an amount that cannot be counted, and a rule that needs none',
    run: async (play) => {
      await play.feature('exports');
      const ruleId = await play.rule('exports');
      await play.send(play.track('ada', { delta: INVALID }), play.track('ben'));
      await play.settle();
      await play.change((store) =>
        store.changeRule(
          ruleId,
          (body) => ({ ok: true, body: { ...body, delta: { value: '2' } } }),
          'editor',
          {},
        ),
      );
    },
  },
  {
    name: 'a rule with a pattern meets two groups',
    run: async (play) => {
      await play.feature('exports');
      await play.send(
        play.track('ada'),
        play.track('ben', { name: 'Report Opened' }),
        play.track('ada', { name: 'Seat' }),
      );
      await play.settle();
      await play.change((store) =>
        store.createRule(
          {
            enabled: true,
            featureId: 'exports',
            event: { operator: 'starts_with', value: 'Report' },
            conditions: [],
          },
          'editor',
        ),
      );
    },
  },
  {
    name: 'a user is deleted',
    run: async (play) => {
      await usedFeature(play);
      await play.send(
        play.identify('ada', { email: 'a@x.test', billingId: 'cus_1' }),
        play.track('ada', large(1)),
        play.track('ada', { name: 'Audience Entered', more: '"audience_key":"vip","vip":true' }),
      );
      await play.settle();
      await play.erase('ada');
    },
  },
  {
    name: 'a user is deleted while events come, and comes back',
    run: async (play) => {
      await usedFeature(play);
      await play.deletion('ada');
      await play.tick();
      await play.pause();
      await play.send(
        play.track('ada', { featureId: 'exports' }),
        play.identify('ada', { email: 'a@x.test' }),
      );
      await play.settle();
      await play.send(play.track('ada', { featureId: 'exports', ...large(1) }));
      await play.settle();
      await play.send(
        play.track('ada', { featureId: 'exports', time: play.now }),
        play.identify('ada', { name: 'Ada' }, { time: play.now }),
      );
    },
  },
  {
    name: 'a user of two ids is deleted, with an undone merge and a waiting event',
    run: async (play) => {
      await play.send(play.track('ada'), play.track('ben'), play.track('cleo'));
      await play.settle();
      await play.merge('ada', 'cleo');
      await play.settle();
      await play.undoMerges();
      await play.merge('ada', 'ben');
      await play.settle();
      await play.erase('ben');
    },
  },
  {
    name: 'a user is deleted who came back before the deletion arrived',
    run: async (play) => {
      await usedFeature(play);
      const then = play.now + MINUTE;
      await play.stage.scheduler.sleep(5 * MINUTE);
      await play.send(
        play.track('ada', { featureId: 'exports', time: play.now }),
        play.identify('ada', { email: 'new@x.test' }, { time: play.now }),
      );
      await play.settle();
      play.rememberUndoneMerges('ada');
      await play.deletion('ada', then);
    },
  },
  {
    name: 'a user is deleted while the index does not show the newer event that is the next life',
    indexLagMs: MINUTE,
    run: async (play) => {
      await usedFeature(play);
      await play.stage.scheduler.sleep(5 * MINUTE);
      const then = play.now;
      await play.stage.scheduler.sleep(MINUTE / 60);
      await play.send(play.track('ada', { featureId: 'exports', time: play.now }));
      await play.stage.scheduler.sleep(MINUTE / 10);
      await play.deletion('ada', then);
      await play.tick();
    },
  },
  {
    name: 'an event that waited is quarantined, mended and sent back',
    run: async (play) => {
      await play.feature('exports');
      const event = play.track('ada');
      await play.send(event);
      await play.settle();
      play.spoil(event);
      await play.rule('exports');
      await play.settle();
      play.mend(event);
      await play.redrive();
    },
  },
  {
    name: 'all usage is compared with the events',
    run: async (play) => {
      await usedFeature(play);
      await play.settle();
      const id = await play.ask(() => play.stage.deployment.reconcile());
      await play.settle();
      if (id !== undefined) play.stage.ledger.reconciliations.add(id);
    },
  },
  {
    name: 'usage that is wrong is compared with the events, and put right',
    run: async (play) => {
      await usedFeature(play);
      await play.settle();
      play.addToUsage('ada', 'exports', 1);
      await play.ask(() => play.stage.deployment.reconcile());
      await play.settle();
      play.addToUsage('ada', 'exports', -1);
    },
  },
  {
    name: 'somebody asks whether ingest is well',
    run: async (play) => {
      await play.ask(() => play.stage.deployment.health());
    },
  },
  ...ADMIN_SCENES,
  ...IMPORT_SCENES,
];
