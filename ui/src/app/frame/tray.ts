import { ChangeDetectionStrategy, Component } from '@angular/core';

@Component({
  selector: 'a-tray',
  changeDetection: ChangeDetectionStrategy.OnPush,
  template: ``,
})
export class Tray {}
