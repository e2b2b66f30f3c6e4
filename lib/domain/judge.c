/* SPDX-License-Identifier: Apache-2.0 */
extern int kadr_stub_judge;
