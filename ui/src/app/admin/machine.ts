import { ChangeDetectionStrategy, Component, computed, signal } from '@angular/core';
import { api, got } from '../api/client';
import { count, size } from '../format/amounts';
import { MomentPipe, SizePipe } from '../format/pipes';
import { adminWords } from '../words/admin';
import { Unanswered } from '../parts/unanswered';
import { Meter } from './meter';
import { polled } from './polling';

const EVERY = 5000;

/** What the server runs on: its device and why that one, memory, disk, and what it is set up with. */
@Component({
  selector: 'a-machine',
  changeDetection: ChangeDetectionStrategy.OnPush,
  imports: [Unanswered, Meter, MomentPipe, SizePipe],
  templateUrl: './machine.html',
  styles: `
    @use 'page';

    .facts {
      min-height: 480px; // about what comes, so that what follows does not jump
      align-content: start;
    }

    .facts dd + dd {
      grid-column: 2;
    }
  `,
})
export class Machine {
  protected readonly all = adminWords;
  protected readonly words = adminWords.machine;
  protected readonly asked = polled(EVERY, () => got(api.GET('/api/v1/admin/system')));
  /** Bytes of the disk that have to stay free; null until they are known. */
  private readonly floor = signal<number | null>(null);
  protected readonly disk = computed(() => {
    const system = this.asked.value();
    if (system === null) return null;
    const [total, free, floor] = [system.disk_total, system.disk_free, this.floor()];
    const below = floor !== null && free < floor;
    return {
      used: total - free,
      total,
      mark: floor === null ? null : total - floor,
      text: this.words.free(size(free), size(total)),
      floor: floor === null ? '' : this.words[below ? 'belowFloor' : 'floor'](size(floor)),
      below,
    };
  });
  protected readonly count = count;

  constructor() {
    void this.findFloor();
  }

  protected used(used: number, total: number): string {
    return this.words.used(size(used), size(total));
  }

  private async findFloor(): Promise<void> {
    // Without it the disk is shown without its mark, which is no reason to complain.
    const { data } = await api.GET('/api/v1/admin/settings');
    const floor = Number(data?.find((one) => one.name === 'min_free')?.value ?? NaN);
    if (Number.isFinite(floor)) this.floor.set(floor);
  }
}
