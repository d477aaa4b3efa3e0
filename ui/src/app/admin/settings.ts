import { Clipboard } from '@angular/cdk/clipboard';
import { ChangeDetectionStrategy, Component, computed, inject, signal } from '@angular/core';
import { MatTooltip } from '@angular/material/tooltip';
import { LucideCopy } from '@lucide/angular';
import { api, got } from '../api/client';
import { keep, kept } from '../frame/kept';
import { Notices } from '../frame/notices';
import { adminWords } from '../words/admin';
import { Unanswered } from '../parts/unanswered';
import { grouped, lineOf, type Setting } from './settings-list';

const OWN = 'admin.settings.own';

/** Every setting in force, and where its value comes from. */
@Component({
  selector: 'a-settings',
  changeDetection: ChangeDetectionStrategy.OnPush,
  imports: [Unanswered, LucideCopy, MatTooltip],
  templateUrl: './settings.html',
  styleUrl: './settings.scss',
})
export class SettingsPage {
  private readonly clipboard = inject(Clipboard);
  private readonly notices = inject(Notices);
  private readonly all = signal<readonly Setting[]>([]);
  protected readonly words = adminWords.settings;
  protected readonly loading = adminWords.loading;
  protected readonly error = signal<unknown>(null);
  protected readonly ready = signal(false);
  protected readonly search = signal('');
  protected readonly onlyOwn = signal(kept(OWN, false));
  protected readonly groups = computed(() => grouped(this.all(), this.search(), this.onlyOwn()));
  protected readonly found = computed(() =>
    this.groups().reduce((sum, group) => sum + group.settings.length, 0),
  );

  constructor() {
    void this.load();
  }

  protected async load(): Promise<void> {
    try {
      this.all.set(await got(api.GET('/api/v1/admin/settings')));
      this.error.set(null);
      this.ready.set(true);
    } catch (error) {
      this.error.set(error);
    }
  }

  protected chooseOwn(only: boolean): void {
    this.onlyOwn.set(only);
    keep(OWN, only);
  }

  protected copy(setting: Setting): void {
    const line = lineOf(setting, this.words.value);
    if (this.clipboard.copy(line)) this.notices.say(this.words.copied(line));
    else this.notices.say(this.words.copyYourself(line));
  }
}
