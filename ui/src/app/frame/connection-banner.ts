import { ChangeDetectionStrategy, Component } from '@angular/core';
import { LucideWifiOff } from '@lucide/angular';
import { connection } from '../api/connection';
import { words } from '../words';

/** Says that the server does not answer, as long as that is so. */
@Component({
  selector: 'a-connection-banner',
  changeDetection: ChangeDetectionStrategy.OnPush,
  imports: [LucideWifiOff],
  template: `
    <div role="status">
      @if (connection.lost()) {
        <p class="notice warning">
          <svg lucideWifiOff [size]="18"></svg>
          {{ connection.offline() ? words.offline : words.unreachable }}
        </p>
      }
    </div>
  `,
  styles: `
    div {
      position: sticky;
      z-index: 15;
      top: 0;
    }

    p {
      margin: 0;
      border-radius: 0;
      padding-inline: var(--gap);
    }
  `,
})
export class ConnectionBanner {
  protected readonly words = words.frame;
  protected readonly connection = connection;
}
