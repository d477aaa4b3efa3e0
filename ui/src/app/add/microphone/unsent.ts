import {
  ChangeDetectionStrategy,
  Component,
  computed,
  inject,
  Injectable,
  output,
  signal,
} from '@angular/core';
import { Session as SignedIn } from '../../api/session';
import { Confirm } from '../../frame/confirm';
import { Notices } from '../../frame/notices';
import { moment, position } from '../../format/amounts';
import { words } from '../../words';
import type { Sound } from './recorder';
import { beingRecorded, forget, type Session, sessionsOf, soundOf } from './recording-store';

/** Recordings of this browser that are in the upload list, and so not offered again. */
@Injectable({ providedIn: 'root' })
export class UnderWay {
  private readonly all = signal<ReadonlySet<string>>(new Set());
  readonly ids = this.all.asReadonly();

  add(id: string): void {
    this.all.update((ids) => new Set(ids).add(id));
  }
}

/** Recordings that a reload, a crash or a closed page left in this browser. */
@Component({
  selector: 'a-unsent',
  changeDetection: ChangeDetectionStrategy.OnPush,
  template: `
    @for (one of shown(); track one.id) {
      <div class="left notice">
        <p>{{ said(one) }}</p>
        <div class="buttons">
          <button type="button" class="button" (click)="give(one)">{{ words.keep }}</button>
          <button type="button" class="button bare danger" (click)="discard(one)">
            {{ words.discard }}
          </button>
        </div>
      </div>
    }
  `,
  styles: `
    .left {
      flex-wrap: wrap;
      justify-content: space-between;
      margin-top: 16px;
    }

    p {
      flex: 1 1 260px;
      margin: 6px 0 0;
    }

    .buttons {
      display: flex;
      gap: 8px;
    }
  `,
})
export class Unsent {
  readonly given = output<Sound>();

  protected readonly words = words.microphone.unfinished;
  private readonly all = signal<readonly Session[]>([]);
  private readonly underWay = inject(UnderWay);
  protected readonly shown = computed(() =>
    this.all().filter((one) => !this.underWay.ids().has(one.id)),
  );
  private readonly confirm = inject(Confirm);
  private readonly notices = inject(Notices);

  constructor() {
    // A browser that keeps nothing has nothing left over.
    void this.look(inject(SignedIn).user()?.name ?? '').catch(() => undefined);
  }

  private async look(owner: string): Promise<void> {
    const others = await beingRecorded();
    const found = await sessionsOf(owner);
    this.all.set(found.filter((one) => one.seconds > 0 && !others.has(one.id)));
  }

  protected said(session: Session): string {
    return this.words.one(position(session.seconds), moment(session.startedAt));
  }

  protected async give(session: Session): Promise<void> {
    try {
      this.given.emit({ session, blob: await soundOf(session) });
    } catch (error) {
      this.notices.fail(error);
    }
  }

  protected async discard(session: Session): Promise<void> {
    const { title, text, yes } = words.microphone.discardAsk;
    const question = { title, text: text(position(session.seconds)), yes, danger: true };
    if (!(await this.confirm.ask(question))) return;
    await forget(session.id);
    this.all.update((all) => all.filter((one) => one.id !== session.id));
  }
}
