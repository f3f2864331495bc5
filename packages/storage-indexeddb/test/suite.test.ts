import { testsInPage } from '../../../.config/browser/tests-in-page.ts';
import { declareSuite } from './declare-suite.ts';

testsInPage({ page: new URL('./fixtures/suite-page.ts', import.meta.url), declare: declareSuite });
