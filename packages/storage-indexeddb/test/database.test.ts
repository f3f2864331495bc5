import { testsInPage } from '../../../.config/browser/tests-in-page.ts';
import { declareDatabaseTests } from './declare-database.ts';

testsInPage({ page: new URL('./fixtures/database-page.ts', import.meta.url), declare: declareDatabaseTests });
