import { ChangeDetectionStrategy, Component } from '@angular/core';
import { PageHead } from '../parts/page-head';

@Component({
  selector: 'a-recording',
  changeDetection: ChangeDetectionStrategy.OnPush,
  imports: [PageHead],
  template: `<a-page-head title="Recording" />`,
})
export class RecordingPage {}
