import { queryOptions } from '@tanstack/react-query';
import { groupedDecimal } from '../parts/grouped-decimal.ts';
import { api, read, type Schema } from './client.ts';

export type Feature = Schema<'Feature'>;

const PAGE = 100;

/** Every feature, by id: there are at most some hundreds. */
export const allFeatures = queryOptions({
  queryKey: ['features'],
  queryFn: async ({ signal }): Promise<Feature[]> => {
    const features: Feature[] = [];
    let cursor: string | undefined;
    do {
      const query = { limit: PAGE, ...(cursor !== undefined && { cursor }) };
      const page = await read(api.GET('/api/features', { params: { query }, signal }));
      features.push(...page.features);
      cursor = page.cursor;
    } while (cursor !== undefined);
    return features;
  },
});

export const oneFeature = (featureId: string) =>
  queryOptions({
    queryKey: ['features', featureId],
    queryFn: async ({ signal }) =>
      await read(api.GET('/api/features/{featureId}', { params: { path: { featureId } }, signal })),
  });

/** "1,342 messages", in the words of the feature; without a label only the number. */
export function amountOf(feature: Feature | undefined, sum: string): string {
  const label = sum === '1' ? feature?.unitLabel : (feature?.unitLabelPlural ?? feature?.unitLabel);
  return label === undefined ? groupedDecimal(sum) : `${groupedDecimal(sum)} ${label}`;
}
