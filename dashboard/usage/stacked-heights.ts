/** For each layer the height at which it ends, from the bottom up. Pure. */
export function stackedHeights(layers: readonly (readonly number[])[]): number[][] {
  let below: readonly number[] = [];
  return layers.map((values) => {
    const heights = values.map((value, index) => (below[index] ?? 0) + value);
    below = heights;
    return heights;
  });
}
