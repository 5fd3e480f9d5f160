import type { NotSaved } from '../../adapters/config-commit.ts';
import { ApiError } from './api-error.ts';

/** Why a change of rules or features was not made, whatever it was. */
export function notSaved({ kind }: NotSaved): ApiError {
  return kind === 'busy'
    ? new ApiError('busy', 'Too many rules are being changed at this moment: send the request again.')
    : new ApiError(
        'not_possible',
        'The enabled rules would become too large together: shorten or disable some first.',
      );
}
