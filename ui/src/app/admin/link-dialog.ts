import { DIALOG_DATA, DialogRef } from '@angular/cdk/dialog';
import { ChangeDetectionStrategy, Component, inject } from '@angular/core';
import type { Wire } from '../api/client';
import { precisely } from '../format/amounts';
import { CopyButton } from '../parts/copy-button';
import { peopleWords } from '../words/admin';

/** Shows a set-up link, this once. */
@Component({
  selector: 'a-link-dialog',
  changeDetection: ChangeDetectionStrategy.OnPush,
  imports: [CopyButton],
  template: `
    <div class="dialog">
      <h2 id="link" dir="auto">{{ words.title(shown.name) }}</h2>
      <p>{{ words.why }}</p>
      <code #address>{{ origin + shown.link.path }}</code>
      <p class="quiet small">{{ words.until(until) }}</p>
      <div class="actions">
        <a-copy-button [from]="address" [label]="words.copy" [primary]="true" />
        <button type="button" class="button" (click)="dialog.close()">{{ words.done }}</button>
      </div>
    </div>
  `,
  styles: `
    h2 {
      margin-bottom: 8px;
    }

    code {
      display: block;
      margin-bottom: 12px;
      padding: 8px 12px;
      border: 1px solid var(--line);
      border-radius: var(--radius-small);
      background: var(--paper);
    }
  `,
})
export class LinkDialog {
  protected readonly words = peopleWords.link;
  protected readonly shown = inject<{ link: Wire<'MadeLink'>; name: string }>(DIALOG_DATA);
  protected readonly dialog = inject<DialogRef>(DialogRef);
  protected readonly origin = location.origin;
  protected readonly until = precisely(this.shown.link.expires_at);
}
