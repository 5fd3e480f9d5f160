import { readFileSync } from 'node:fs';
import { z } from 'zod';
import { writeStateFile } from '../data-dir.ts';

// How far each stream has been read, on disk, so that a restart goes on where the last run ended. A position is written
// after its records are handled: a kill in between repeats records, which readers of streams must be able to bear.

const positionSchema = z.object({ streamArn: z.string(), shardId: z.string(), sequenceNumber: z.string() });
const fileSchema = z.record(z.string(), positionSchema);

export type StreamPosition = z.infer<typeof positionSchema>;

export class StreamPositions {
  private readonly file: string;
  private readonly positions: Record<string, StreamPosition>;

  /** An unreadable file counts as none: streams are then read again from their beginning. */
  constructor(file: string) {
    this.file = file;
    this.positions = read(file);
  }

  get(mappingId: string, streamArn: string): StreamPosition | undefined {
    const position = this.positions[mappingId];
    return position?.streamArn === streamArn ? position : undefined;
  }

  set(mappingId: string, position: StreamPosition): void {
    this.positions[mappingId] = position;
    writeStateFile(this.file, this.positions);
  }
}

function read(file: string): Record<string, StreamPosition> {
  try {
    return fileSchema.parse(JSON.parse(readFileSync(file, 'utf8')));
  } catch {
    return {};
  }
}
