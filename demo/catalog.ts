// What the pretended company measures: the features and rules that the demo creates, unless they exist, before and after
// it sends. Ids and names begin with "demo", so that they are recognised, and found again by the next run.

export interface DemoFeature {
  readonly id: string;
  readonly name: string;
  readonly type: 'binary' | 'consumable';
  readonly unitLabel?: string;
  readonly unitLabelPlural?: string;
}

export interface DemoRule {
  readonly name: string;
  readonly featureId: string;
  readonly event: { readonly operator: 'equals'; readonly value: string };
  readonly conditions: readonly {
    readonly path: string;
    readonly operator: 'equals';
    readonly value: string | boolean;
  }[];
  readonly delta?: { readonly path: string };
}

/** Counted by `properties.featureId`; the others by rules. */
export const API_CALLS = 'demo_api_calls';
export const AI_CREDITS = 'demo_ai_credits';
export const STORAGE = 'demo_storage';
export const SINGLE_SIGN_ON = 'demo_sso';
export const MESSAGES = 'demo_messages';
export const ATTACHMENTS = 'demo_attachments';
export const CALL_MINUTES = 'demo_call_minutes';
export const DASHBOARDS = 'demo_dashboards';
/** Events name it, and nobody creates it. */
export const UNKNOWN_FEATURE = 'demo_whiteboard_beta';

export const FEATURES: readonly DemoFeature[] = [
  { id: API_CALLS, name: 'API calls', type: 'consumable', unitLabel: 'call', unitLabelPlural: 'calls' },
  { id: AI_CREDITS, name: 'AI credits', type: 'consumable', unitLabel: 'credit', unitLabelPlural: 'credits' },
  { id: STORAGE, name: 'Storage', type: 'consumable', unitLabel: 'GB', unitLabelPlural: 'GB' },
  { id: SINGLE_SIGN_ON, name: 'Single sign-on', type: 'binary' },
  { id: MESSAGES, name: 'Messages', type: 'consumable', unitLabel: 'message', unitLabelPlural: 'messages' },
  { id: ATTACHMENTS, name: 'Attachments', type: 'consumable', unitLabel: 'file', unitLabelPlural: 'files' },
  {
    id: CALL_MINUTES,
    name: 'Call minutes',
    type: 'consumable',
    unitLabel: 'minute',
    unitLabelPlural: 'minutes',
  },
  {
    id: DASHBOARDS,
    name: 'Dashboards viewed',
    type: 'consumable',
    unitLabel: 'view',
    unitLabelPlural: 'views',
  },
];

export const EARLY_RULES: readonly DemoRule[] = [
  {
    name: 'Demo: messages',
    featureId: MESSAGES,
    event: { operator: 'equals', value: 'Message Sent' },
    conditions: [],
  },
  {
    name: 'Demo: files attached to messages',
    featureId: ATTACHMENTS,
    event: { operator: 'equals', value: 'Message Sent' },
    conditions: [{ path: 'properties.hasFiles', operator: 'equals', value: true }],
    delta: { path: 'properties.files' },
  },
  {
    name: 'Demo: call minutes of paying teams',
    featureId: CALL_MINUTES,
    event: { operator: 'equals', value: 'Call Ended' },
    conditions: [
      { path: 'properties.plan', operator: 'equals', value: 'team' },
      { path: 'properties.kind', operator: 'equals', value: 'video' },
    ],
    delta: { path: 'properties.minutes' },
  },
];

/** Created when its events have been sent and wait unmapped: reprocessing must find exactly those that it matches. */
export const LATE_RULE: DemoRule = {
  name: 'Demo: dashboards viewed',
  featureId: DASHBOARDS,
  event: { operator: 'equals', value: 'Report Viewed' },
  conditions: [{ path: 'properties.kind', operator: 'equals', value: 'dashboard' }],
};
