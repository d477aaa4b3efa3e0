import { Pipe, type PipeTransform } from '@angular/core';
import { moment, position, precisely, size } from './amounts';

/** Seconds as a place in a recording: 12:34. */
@Pipe({ name: 'position' })
export class PositionPipe implements PipeTransform {
  transform(seconds: number | null | undefined): string {
    return seconds === null || seconds === undefined ? '' : position(seconds);
  }
}

/** Bytes as people count them. */
@Pipe({ name: 'size' })
export class SizePipe implements PipeTransform {
  transform(bytes: number | null | undefined): string {
    return bytes === null || bytes === undefined ? '' : size(bytes);
  }
}

/** A moment as one says it in a list, or to the second. */
@Pipe({ name: 'moment' })
export class MomentPipe implements PipeTransform {
  transform(iso: string | null | undefined, style: 'short' | 'precise' = 'short'): string {
    if (!iso) return '';
    return style === 'short' ? moment(iso) : precisely(iso);
  }
}
