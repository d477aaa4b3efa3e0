import { DialogRef } from '@angular/cdk/dialog';
import { ChangeDetectionStrategy, Component, inject } from '@angular/core';
import { words } from '../words';
import { Shortcuts } from './shortcuts';

const shown: Record<string, string> = {
  ' ': 'space',
  arrowleft: '←',
  arrowright: '→',
  arrowup: '↑',
  arrowdown: '↓',
  escape: 'esc',
};

/** All keys that do something on this page. */
@Component({
  selector: 'a-shortcut-sheet',
  changeDetection: ChangeDetectionStrategy.OnPush,
  template: `
    <div class="dialog">
      <h2 id="keys">{{ words.title }}</h2>
      @for (group of groups; track $index) {
        <h3>{{ group.title }}</h3>
        <dl>
          @for (one of group.shortcuts; track one.words) {
            <div>
              <dt>
                @for (keys of one.keys; track keys) {
                  <kbd>{{ named(keys) }}</kbd>
                }
              </dt>
              <dd>{{ one.words }}</dd>
            </div>
          }
        </dl>
      }
      <div class="actions">
        <button type="button" class="button" (click)="dialog.close()">{{ words.close }}</button>
      </div>
    </div>
  `,
  styles: `
    h3 {
      margin-top: 16px;
      color: var(--quiet);
      font: 500 13px/20px var(--interface);
    }

    dl {
      margin: 4px 0 0;
    }

    dl > div {
      display: flex;
      gap: 16px;
      padding: 4px 0;
    }

    dt {
      display: flex;
      flex-wrap: wrap;
      gap: 4px;
      width: 130px;
      flex: none;
    }

    dd {
      margin: 0;
    }
  `,
})
export class ShortcutSheet {
  protected readonly words = words.frame.shortcuts;
  protected readonly dialog = inject(DialogRef);
  protected readonly groups = inject(Shortcuts).groups();

  protected named(keys: string): string {
    return keys
      .split('+')
      .map((key) => shown[key] ?? key)
      .join(' + ');
  }
}
