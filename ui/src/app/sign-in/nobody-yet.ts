import { ChangeDetectionStrategy, Component, output } from '@angular/core';
import { addressOf } from '../api/client';
import { CopyButton } from '../parts/copy-button';
import { words } from '../words';

/** How the first admin gets in. */
@Component({
  selector: 'a-nobody-yet',
  changeDetection: ChangeDetectionStrategy.OnPush,
  imports: [CopyButton],
  template: `
    <h1>{{ words.title }}</h1>
    <p>{{ words.yet }}</p>
    <p>{{ words.once }}</p>
    <div class="command">
      <code #command>{{ words.command }}</code>
      <a-copy-button [from]="command" />
    </div>
    <button type="button" class="button" (click)="done.emit()">{{ words.done }}</button>
    <p class="quiet small programs">
      {{ words.programs }} <code>{{ words.programsCommand }}</code>. {{ words.programsAsk }}
      <a [href]="docs">{{ words.apiPages }}</a>.
    </p>
  `,
  styles: `
    h1 {
      margin-bottom: 16px;
      text-align: center;
    }

    .command {
      display: flex;
      flex-wrap: wrap;
      align-items: center;
      justify-content: space-between;
      gap: 8px;
      margin-bottom: 24px;
      padding: 8px 8px 8px 16px;
      border: 1px solid var(--line);
      border-radius: var(--radius);
      background: var(--sheet);
    }

    .button {
      width: 100%;
    }

    .programs {
      margin-top: 24px;
    }
  `,
})
export class NobodyYet {
  /** Somebody says that they have a password. */
  readonly done = output();
  protected readonly words = words.signIn.nobody;
  protected readonly docs = addressOf('/docs');
}
