import {
  ChangeDetectionStrategy,
  Component,
  computed,
  ElementRef,
  inject,
  input,
  signal,
  viewChild,
} from '@angular/core';
import { addressOf, api, got, sentenceOf, type Wire } from '../api/client';
import { Session } from '../api/session';
import { MomentPipe } from '../format/pipes';
import { Confirm } from '../frame/confirm';
import { Notices } from '../frame/notices';
import { Fault } from '../parts/fault';
import { words } from '../words';
import { programOf } from './programs';

/** Where somebody is signed in, and the way out of each place. */
@Component({
  selector: 'a-sessions',
  changeDetection: ChangeDetectionStrategy.OnPush,
  imports: [Fault, MomentPipe],
  templateUrl: './sessions.html',
  styleUrl: './rows.scss',
})
export class Sessions {
  readonly titleId = input.required<string>();
  protected readonly words = words.account.sessions;
  protected readonly loading = words.account.loading;
  protected readonly fault = signal('');
  private readonly places = signal<readonly Wire<'PlaceModel'>[] | null>(null);
  protected readonly rows = computed(
    () => this.places()?.map((place) => ({ place, program: programOf(place.agent) })) ?? null,
  );
  private readonly session = inject(Session);
  private readonly confirm = inject(Confirm);
  private readonly notices = inject(Notices);
  private readonly list = viewChild<ElementRef<HTMLElement>>('list');

  constructor() {
    void this.load();
  }

  async load(): Promise<void> {
    this.fault.set('');
    try {
      this.places.set(await got(api.GET('/api/v1/sessions')));
    } catch (error) {
      this.fault.set(sentenceOf(error));
    }
  }

  protected async end(place: Wire<'PlaceModel'>): Promise<void> {
    try {
      const params = { path: { session_id: place.id } };
      await got(api.DELETE('/api/v1/sessions/{session_id}', { params }));
      this.notices.say(this.words.ended(programOf(place.agent)));
    } catch (error) {
      this.notices.fail(error);
    }
    await this.load();
    this.list()?.nativeElement.focus();
  }

  protected async everywhere(): Promise<void> {
    const { everywhereTitle: title, everywhereWhy: text, everywhereYes: yes } = this.words;
    if (!(await this.confirm.ask({ title, text, yes, danger: true }))) return;
    try {
      await got(api.DELETE('/api/v1/sessions'));
      this.session.leave();
      location.assign(addressOf('/sign-in'));
    } catch (error) {
      this.notices.fail(error);
    }
  }
}
