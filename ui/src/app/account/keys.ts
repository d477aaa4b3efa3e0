import {
  ChangeDetectionStrategy,
  Component,
  computed,
  effect,
  ElementRef,
  inject,
  input,
  signal,
  viewChild,
} from '@angular/core';
import { api, got, root, sentenceOf, type Wire } from '../api/client';
import { MomentPipe } from '../format/pipes';
import { Confirm } from '../frame/confirm';
import { Notices } from '../frame/notices';
import { CopyButton } from '../parts/copy-button';
import { Fault } from '../parts/fault';
import { words } from '../words';
import { KeyForm } from './key-form';
import { curlLine } from './programs';

type Key = Wire<'KeyModel'>;

/** Somebody's API keys: the list, a new one shown once, and their end. */
@Component({
  selector: 'a-keys',
  changeDetection: ChangeDetectionStrategy.OnPush,
  imports: [CopyButton, Fault, KeyForm, MomentPipe],
  templateUrl: './keys.html',
  styleUrls: ['./rows.scss', './keys.scss'],
})
export class Keys {
  readonly titleId = input.required<string>();
  /** Whose they are (an id); one's own where nobody is named. */
  readonly owner = input<string>();
  /** Whether the owner is an admin, whose keys may do more. */
  readonly isAdmin = input.required<boolean>();
  /** What to say where there are none. */
  readonly nothing = input.required<string>();
  protected readonly words = words.account.keys;
  protected readonly loading = words.account.loading;
  protected readonly fault = signal('');
  protected readonly making = signal(false);
  protected readonly made = signal<Wire<'MadeKey'> | null>(null);
  protected readonly line = computed(() => {
    const made = this.made();
    return made ? curlLine(root, made.key, made.scopes) : '';
  });
  protected readonly keys = signal<readonly Key[] | null>(null);
  private readonly confirm = inject(Confirm);
  private readonly notices = inject(Notices);
  private readonly begin = viewChild<ElementRef<HTMLElement>>('begin');
  private readonly shown = viewChild<ElementRef<HTMLElement>>('shown');

  constructor() {
    effect(() => void this.load(this.owner()));
    effect(() => this.shown()?.nativeElement.querySelector('button')?.focus());
  }

  protected isOver(key: Key): boolean {
    return key.expires_at !== null && new Date(key.expires_at) <= new Date();
  }

  protected async show(key: Wire<'MadeKey'>): Promise<void> {
    this.making.set(false);
    this.made.set(key);
    await this.load(this.owner());
  }

  /** The new key was copied, or none is made after all. */
  protected close(): void {
    this.made.set(null);
    this.making.set(false);
    setTimeout(() => this.begin()?.nativeElement.focus());
  }

  protected async revoke(key: Key): Promise<void> {
    const { revokeTitle, revokeWhy: text, revokeYes: yes } = this.words;
    const question = { title: revokeTitle(key.name), text, yes, danger: true };
    if (!(await this.confirm.ask(question))) return;
    try {
      await got(api.DELETE('/api/v1/keys/{key_id}', { params: { path: { key_id: key.id } } }));
      this.notices.say(this.words.revoked(key.name));
    } catch (error) {
      this.notices.fail(error);
    }
    await this.load(this.owner());
    this.begin()?.nativeElement.focus();
  }

  private async load(owner: string | undefined): Promise<void> {
    this.fault.set('');
    try {
      const all: Key[] = [];
      let cursor: string | null = null;
      do {
        const query = { limit: 200, ...(owner && { user_id: owner }), ...(cursor && { cursor }) };
        const page: Wire<'Page_KeyModel_'> = await got(
          api.GET('/api/v1/keys', { params: { query } }),
        );
        all.push(...page.items);
        cursor = page.next;
      } while (cursor !== null);
      this.keys.set(all.filter((key) => key.revoked_at === null));
    } catch (error) {
      this.fault.set(sentenceOf(error));
    }
  }
}
