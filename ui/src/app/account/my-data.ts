import { Dialog } from '@angular/cdk/dialog';
import { ChangeDetectionStrategy, Component, inject, output, signal } from '@angular/core';
import { firstValueFrom } from 'rxjs';
import { addressOf, api, got } from '../api/client';
import { Notices } from '../frame/notices';
import { words } from '../words';
import { EraseDialog } from './erase-dialog';

/** Taking everything along, or away. */
@Component({
  selector: 'a-my-data',
  changeDetection: ChangeDetectionStrategy.OnPush,
  template: `
    <p class="quiet">{{ words.exportNote }}</p>
    <label class="check">
      <input type="checkbox" [checked]="audio()" (change)="audio.set(!audio())" />
      {{ words.audio }}
    </label>
    <button type="button" class="button" (click)="download()">{{ words.download }}</button>
    <p class="quiet apart">{{ words.eraseNote }}</p>
    <button type="button" class="button danger" (click)="erase()">{{ words.erase }}</button>
  `,
  styles: `
    .check {
      margin-bottom: 12px;
    }

    .apart {
      margin-top: 28px;
    }
  `,
})
export class MyData {
  readonly erased = output();
  protected readonly words = words.account.data;
  protected readonly audio = signal(true);
  private readonly dialog = inject(Dialog);
  private readonly notices = inject(Notices);

  protected async download(): Promise<void> {
    try {
      // A download that is refused would only be a file with the refusal in it.
      await got(api.GET('/api/v1/users/me'));
    } catch (error) {
      this.notices.fail(error);
      return;
    }
    const link = document.createElement('a');
    link.href = addressOf(`/api/v1/users/me/export?audio=${this.audio()}`);
    link.download = '';
    link.click();
  }

  protected async erase(): Promise<void> {
    const asked = this.dialog.open<boolean>(EraseDialog, {
      ariaLabelledBy: 'erase',
      backdropClass: 'backdrop',
    });
    if ((await firstValueFrom(asked.closed)) !== true) return;
    this.notices.say(this.words.erased);
    this.erased.emit();
  }
}
