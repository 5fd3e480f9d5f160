// Stands in for the package `zod` in the bundles (infra/bundle.ts): all that zod's full form exports, but the 60 languages
// that its messages come in, which are half of a bundle, and `core`, which drags them along. English stays: schemas.js
// brings it. Used through a namespace object, as zod is by what generates the OpenAPI document, they would all be kept.

import * as z from './zod-without-languages.mjs';

export * from '../node_modules/zod/v4/classic/schemas.js';
export * from '../node_modules/zod/v4/classic/checks.js';
export * from '../node_modules/zod/v4/classic/errors.js';
export * from '../node_modules/zod/v4/classic/parse.js';
export * from '../node_modules/zod/v4/classic/compat.js';
export { globalRegistry, registry, config, regexes, util, NEVER } from 'zod/v4/core';
export { toJSONSchema } from '../node_modules/zod/v4/core/json-schema-processors.js';
export * as coerce from '../node_modules/zod/v4/classic/coerce.js';
export * as iso from '../node_modules/zod/v4/classic/iso.js';
export { z };
