// What a mapping rule may be at most. The limits keep the worst case known: a ruleset that fits them compiles in tens of
// milliseconds, a rule fits one DynamoDB item with room to spare, and no condition can make one event expensive.
// docs/mapping-rules.md lists them; a test compares the page with this file.

export const RULE_LIMITS = {
  /** Rules that one deployment may hold, enabled or not. */
  rulesMax: 10_000,
  /** Characters of the whole rule written as JSON. */
  ruleLengthMax: 60_000,
  /** Characters of a rule's name. */
  nameLengthMax: 200,
  /** Characters of a featureId. */
  featureIdLengthMax: 200,
  conditionsMax: 50,
  /** Characters of a path, escapes included. */
  pathLengthMax: 500,
  /** Keys and list positions in a path. */
  pathDepthMax: 32,
  /** Characters of a text that is compared with. */
  textLengthMax: 1_000,
  /** Entries of a list that is compared with. */
  listLengthMax: 1_000,
  /** Characters of a glob, escapes included. */
  globLengthMax: 200,
} as const;
