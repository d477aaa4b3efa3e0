import { ChangeDetectionStrategy, Component } from '@angular/core';
import { PageHead } from '../parts/page-head';

@Component({
  selector: 'a-system',
  changeDetection: ChangeDetectionStrategy.OnPush,
  imports: [PageHead],
  template: `<a-page-head title="System" />`,
})
export class System {}
