// Register addresses, reset values, writable bits, field and descriptor positions.
//
// Written by nicosim_regmap_gen from regmap/table.def; change that, not this.
package nic_regs_pkg;

  // ---- Device, EEPROM, PHY, LEDs, wake-up ----

  // Device Control
  localparam logic [16:0] CTRL_ADDR = 17'h00000;
  localparam logic [31:0] CTRL_RESET = 32'h00000201;
  localparam logic [31:0] CTRL_WMASK = 32'hd8fc1be9;
  localparam int unsigned CTRL_FD_LSB = 0;
  localparam int unsigned CTRL_LRST_LSB = 3;
  localparam int unsigned CTRL_ASDE_LSB = 5;
  localparam int unsigned CTRL_SLU_LSB = 6;
  localparam int unsigned CTRL_ILOS_LSB = 7;
  localparam int unsigned CTRL_SPEED_LSB = 8;
  localparam int unsigned CTRL_SPEED_WIDTH = 2;
  localparam int unsigned CTRL_FRCSPD_LSB = 11;
  localparam int unsigned CTRL_FRCDPLX_LSB = 12;
  localparam int unsigned CTRL_SDP0_DATA_LSB = 18;
  localparam int unsigned CTRL_SDP1_DATA_LSB = 19;
  localparam int unsigned CTRL_ADVD3WUC_LSB = 20;
  localparam int unsigned CTRL_EN_PHY_PWR_MGMT_LSB = 21;
  localparam int unsigned CTRL_SDP0_IODIR_LSB = 22;
  localparam int unsigned CTRL_SDP1_IODIR_LSB = 23;
  localparam int unsigned CTRL_RST_LSB = 26;
  localparam int unsigned CTRL_RFCE_LSB = 27;
  localparam int unsigned CTRL_TFCE_LSB = 28;
  localparam int unsigned CTRL_VME_LSB = 30;
  localparam int unsigned CTRL_PHY_RST_LSB = 31;

  // Device Control, second address (82545GM resets the card through it)
  localparam logic [16:0] CTRL_DUP_ADDR = 17'h00004;

  // Device Status; its read is also the flush of posted writes
  localparam logic [16:0] STATUS_ADDR = 17'h00008;
  localparam logic [31:0] STATUS_RESET = 32'h00000081;
  localparam logic [31:0] STATUS_WMASK = 32'h00000000;
  localparam int unsigned STATUS_FD_LSB = 0;
  localparam int unsigned STATUS_LU_LSB = 1;
  localparam int unsigned STATUS_FUNC_ID_LSB = 2;
  localparam int unsigned STATUS_FUNC_ID_WIDTH = 2;
  localparam int unsigned STATUS_TXOFF_LSB = 4;
  localparam int unsigned STATUS_TBIMODE_LSB = 5;
  localparam int unsigned STATUS_SPEED_LSB = 6;
  localparam int unsigned STATUS_SPEED_WIDTH = 2;
  localparam int unsigned STATUS_ASDV_LSB = 8;
  localparam int unsigned STATUS_ASDV_WIDTH = 2;
  localparam int unsigned STATUS_PCI66_LSB = 11;
  localparam int unsigned STATUS_BUS64_LSB = 12;
  localparam int unsigned STATUS_PCIX_MODE_LSB = 13;

  // EEPROM Control: the Microwire pins
  localparam logic [16:0] EECD_ADDR = 17'h00010;
  localparam logic [31:0] EECD_RESET = 32'h00000100;
  localparam logic [31:0] EECD_WMASK = 32'h00000077;
  localparam int unsigned EECD_SK_LSB = 0;
  localparam int unsigned EECD_CS_LSB = 1;
  localparam int unsigned EECD_DI_LSB = 2;
  localparam int unsigned EECD_DO_LSB = 3;
  localparam int unsigned EECD_FWE_LSB = 4;
  localparam int unsigned EECD_FWE_WIDTH = 2;
  localparam int unsigned EECD_REQ_LSB = 6;
  localparam int unsigned EECD_GNT_LSB = 7;
  localparam int unsigned EECD_PRES_LSB = 8;
  localparam int unsigned EECD_SIZE_LSB = 9;

  // EEPROM Read: one word without bit banging
  localparam logic [16:0] EERD_ADDR = 17'h00014;
  localparam logic [31:0] EERD_RESET = 32'h00000000;
  localparam logic [31:0] EERD_WMASK = 32'h0000ff00;
  localparam int unsigned EERD_START_LSB = 0;
  localparam int unsigned EERD_DONE_LSB = 4;
  localparam int unsigned EERD_ADDR_LSB = 8;
  localparam int unsigned EERD_ADDR_WIDTH = 8;
  localparam int unsigned EERD_DATA_LSB = 16;
  localparam int unsigned EERD_DATA_WIDTH = 16;

  // Extended Device Control
  localparam logic [16:0] CTRL_EXT_ADDR = 17'h00018;
  localparam logic [31:0] CTRL_EXT_RESET = 32'h00000000;
  localparam logic [31:0] CTRL_EXT_WMASK = 32'h00c28ccf;
  localparam int unsigned CTRL_EXT_GPI_EN_LSB = 0;
  localparam int unsigned CTRL_EXT_GPI_EN_WIDTH = 4;
  localparam int unsigned CTRL_EXT_SDP6_DATA_LSB = 6;
  localparam int unsigned CTRL_EXT_SDP7_DATA_LSB = 7;
  localparam int unsigned CTRL_EXT_SDP6_IODIR_LSB = 10;
  localparam int unsigned CTRL_EXT_SDP7_IODIR_LSB = 11;
  localparam int unsigned CTRL_EXT_ASDCHK_LSB = 12;
  localparam int unsigned CTRL_EXT_EE_RST_LSB = 13;
  localparam int unsigned CTRL_EXT_SPD_BYPS_LSB = 15;
  localparam int unsigned CTRL_EXT_RO_DIS_LSB = 17;
  localparam int unsigned CTRL_EXT_LINK_MODE_LSB = 22;
  localparam int unsigned CTRL_EXT_LINK_MODE_WIDTH = 2;

  // MDI Control: reads and writes PHY registers; an access takes 25.6 us, writes meanwhile are swallowed
  localparam logic [16:0] MDIC_ADDR = 17'h00020;
  localparam logic [31:0] MDIC_RESET = 32'h00000000;
  localparam logic [31:0] MDIC_WMASK = 32'h2fff0000;
  localparam int unsigned MDIC_DATA_LSB = 0;
  localparam int unsigned MDIC_DATA_WIDTH = 16;
  localparam int unsigned MDIC_REGADD_LSB = 16;
  localparam int unsigned MDIC_REGADD_WIDTH = 5;
  localparam int unsigned MDIC_PHYADD_LSB = 21;
  localparam int unsigned MDIC_PHYADD_WIDTH = 5;
  localparam int unsigned MDIC_OP_LSB = 26;
  localparam int unsigned MDIC_OP_WIDTH = 2;
  localparam int unsigned MDIC_READY_LSB = 28;
  localparam int unsigned MDIC_INT_EN_LSB = 29;
  localparam int unsigned MDIC_ERROR_LSB = 30;

  // Flow Control Address Low
  localparam logic [16:0] FCAL_ADDR = 17'h00028;
  localparam logic [31:0] FCAL_RESET = 32'h00000000;
  localparam logic [31:0] FCAL_WMASK = 32'hffffffff;

  // Flow Control Address High
  localparam logic [16:0] FCAH_ADDR = 17'h0002c;
  localparam logic [31:0] FCAH_RESET = 32'h00000000;
  localparam logic [31:0] FCAH_WMASK = 32'h0000ffff;
  localparam int unsigned FCAH_FCAH_LSB = 0;
  localparam int unsigned FCAH_FCAH_WIDTH = 16;

  // Flow Control Type
  localparam logic [16:0] FCT_ADDR = 17'h00030;
  localparam logic [31:0] FCT_RESET = 32'h00000000;
  localparam logic [31:0] FCT_WMASK = 32'h0000ffff;
  localparam int unsigned FCT_FCT_LSB = 0;
  localparam int unsigned FCT_FCT_WIDTH = 16;

  // VLAN EtherType
  localparam logic [16:0] VET_ADDR = 17'h00038;
  localparam logic [31:0] VET_RESET = 32'h00008100;
  localparam logic [31:0] VET_WMASK = 32'h0000ffff;
  localparam int unsigned VET_VET_LSB = 0;
  localparam int unsigned VET_VET_WIDTH = 16;

  // Flow Control Transmit Timer Value
  localparam logic [16:0] FCTTV_ADDR = 17'h00170;
  localparam logic [31:0] FCTTV_RESET = 32'h00000000;
  localparam logic [31:0] FCTTV_WMASK = 32'h0000ffff;
  localparam int unsigned FCTTV_TTV_LSB = 0;
  localparam int unsigned FCTTV_TTV_WIDTH = 16;

  // Transmit Configuration Word (fibre variants)
  localparam logic [16:0] TXCW_ADDR = 17'h00178;
  localparam logic [31:0] TXCW_RESET = 32'h00000000;
  localparam logic [31:0] TXCW_WMASK = 32'hffffffff;

  // Receive Configuration Word (fibre variants)
  localparam logic [16:0] RXCW_ADDR = 17'h00180;
  localparam logic [31:0] RXCW_RESET = 32'h00000000;
  localparam logic [31:0] RXCW_WMASK = 32'h00000000;

  // LED Control
  localparam logic [16:0] LEDCTL_ADDR = 17'h00e00;
  localparam logic [31:0] LEDCTL_RESET = 32'h07068302;
  localparam logic [31:0] LEDCTL_WMASK = 32'hffffffff;
  localparam int unsigned LEDCTL_LED0_LSB = 0;
  localparam int unsigned LEDCTL_LED0_WIDTH = 8;
  localparam int unsigned LEDCTL_LED1_LSB = 8;
  localparam int unsigned LEDCTL_LED1_WIDTH = 8;
  localparam int unsigned LEDCTL_LED2_LSB = 16;
  localparam int unsigned LEDCTL_LED2_WIDTH = 8;
  localparam int unsigned LEDCTL_LED3_LSB = 24;
  localparam int unsigned LEDCTL_LED3_WIDTH = 8;

  // Packet Buffer Allocation; the FIFOs have fixed sizes, so it is only kept
  localparam logic [16:0] PBA_ADDR = 17'h01000;
  localparam logic [31:0] PBA_RESET = 32'h00100030;
  localparam logic [31:0] PBA_WMASK = 32'h0000ffff;
  localparam int unsigned PBA_RXA_LSB = 0;
  localparam int unsigned PBA_RXA_WIDTH = 16;
  localparam int unsigned PBA_TXA_LSB = 16;
  localparam int unsigned PBA_TXA_WIDTH = 16;

  // Wake-up Control
  localparam logic [16:0] WUC_ADDR = 17'h05800;
  localparam logic [31:0] WUC_RESET = 32'h00000000;
  localparam logic [31:0] WUC_WMASK = 32'h0000000b;
  localparam int unsigned WUC_APME_LSB = 0;
  localparam int unsigned WUC_PME_EN_LSB = 1;
  localparam int unsigned WUC_PME_STATUS_LSB = 2;
  localparam int unsigned WUC_APMPME_LSB = 3;

  // Wake-up Filter Control
  localparam logic [16:0] WUFC_ADDR = 17'h05808;
  localparam logic [31:0] WUFC_RESET = 32'h00000000;
  localparam logic [31:0] WUFC_WMASK = 32'h000f80ff;
  localparam int unsigned WUFC_EVENTS_LSB = 0;
  localparam int unsigned WUFC_EVENTS_WIDTH = 8;
  localparam int unsigned WUFC_NO_TCO_LSB = 15;
  localparam int unsigned WUFC_FLX_LSB = 16;
  localparam int unsigned WUFC_FLX_WIDTH = 4;

  // Wake-up Status; no wake-up ever happens
  localparam logic [16:0] WUS_ADDR = 17'h05810;
  localparam logic [31:0] WUS_RESET = 32'h00000000;
  localparam logic [31:0] WUS_WMASK = 32'h00000000;

  // Management Control; 0 says that there is no manageability
  localparam logic [16:0] MANC_ADDR = 17'h05820;
  localparam logic [31:0] MANC_RESET = 32'h00000000;
  localparam logic [31:0] MANC_WMASK = 32'h00000000;
  localparam int unsigned MANC_SMBUS_EN_LSB = 0;
  localparam int unsigned MANC_ARP_EN_LSB = 13;

  // ---- Interrupts ----

  // Interrupt Cause Read: a read returns and clears all causes, a write of 1 clears single ones
  localparam logic [16:0] ICR_ADDR = 17'h000c0;
  localparam logic [31:0] ICR_RESET = 32'h00000000;
  localparam logic [31:0] ICR_WMASK = 32'h0001f6df;
  localparam int unsigned ICR_TXDW_LSB = 0;
  localparam int unsigned ICR_TXQE_LSB = 1;
  localparam int unsigned ICR_LSC_LSB = 2;
  localparam int unsigned ICR_RXSEQ_LSB = 3;
  localparam int unsigned ICR_RXDMT0_LSB = 4;
  localparam int unsigned ICR_RXO_LSB = 6;
  localparam int unsigned ICR_RXT0_LSB = 7;
  localparam int unsigned ICR_MDAC_LSB = 9;
  localparam int unsigned ICR_RXCFG_LSB = 10;
  localparam int unsigned ICR_PHYINT_LSB = 12;
  localparam int unsigned ICR_GPI_LSB = 13;
  localparam int unsigned ICR_GPI_WIDTH = 2;
  localparam int unsigned ICR_TXD_LOW_LSB = 15;
  localparam int unsigned ICR_SRPD_LSB = 16;

  // Interrupt Throttling
  localparam logic [16:0] ITR_ADDR = 17'h000c4;
  localparam logic [31:0] ITR_RESET = 32'h00000000;
  localparam logic [31:0] ITR_WMASK = 32'h0000ffff;
  localparam int unsigned ITR_INTERVAL_LSB = 0;
  localparam int unsigned ITR_INTERVAL_WIDTH = 16;

  // Interrupt Cause Set: a 1 sets the cause in ICR; reads 0
  localparam logic [16:0] ICS_ADDR = 17'h000c8;
  localparam logic [31:0] ICS_RESET = 32'h00000000;
  localparam logic [31:0] ICS_WMASK = 32'h0001f6df;
  localparam int unsigned ICS_TXDW_LSB = 0;
  localparam int unsigned ICS_TXQE_LSB = 1;
  localparam int unsigned ICS_LSC_LSB = 2;
  localparam int unsigned ICS_RXSEQ_LSB = 3;
  localparam int unsigned ICS_RXDMT0_LSB = 4;
  localparam int unsigned ICS_RXO_LSB = 6;
  localparam int unsigned ICS_RXT0_LSB = 7;
  localparam int unsigned ICS_MDAC_LSB = 9;
  localparam int unsigned ICS_RXCFG_LSB = 10;
  localparam int unsigned ICS_PHYINT_LSB = 12;
  localparam int unsigned ICS_GPI_LSB = 13;
  localparam int unsigned ICS_GPI_WIDTH = 2;
  localparam int unsigned ICS_TXD_LOW_LSB = 15;
  localparam int unsigned ICS_SRPD_LSB = 16;

  // Interrupt Mask Set: a 1 enables; reads the mask; a pending cause interrupts at once
  localparam logic [16:0] IMS_ADDR = 17'h000d0;
  localparam logic [31:0] IMS_RESET = 32'h00000000;
  localparam logic [31:0] IMS_WMASK = 32'h0001f6df;
  localparam int unsigned IMS_TXDW_LSB = 0;
  localparam int unsigned IMS_TXQE_LSB = 1;
  localparam int unsigned IMS_LSC_LSB = 2;
  localparam int unsigned IMS_RXSEQ_LSB = 3;
  localparam int unsigned IMS_RXDMT0_LSB = 4;
  localparam int unsigned IMS_RXO_LSB = 6;
  localparam int unsigned IMS_RXT0_LSB = 7;
  localparam int unsigned IMS_MDAC_LSB = 9;
  localparam int unsigned IMS_RXCFG_LSB = 10;
  localparam int unsigned IMS_PHYINT_LSB = 12;
  localparam int unsigned IMS_GPI_LSB = 13;
  localparam int unsigned IMS_GPI_WIDTH = 2;
  localparam int unsigned IMS_TXD_LOW_LSB = 15;
  localparam int unsigned IMS_SRPD_LSB = 16;

  // Interrupt Mask Clear: a 1 disables; reads 0
  localparam logic [16:0] IMC_ADDR = 17'h000d8;
  localparam logic [31:0] IMC_RESET = 32'h00000000;
  localparam logic [31:0] IMC_WMASK = 32'h0001f6df;
  localparam int unsigned IMC_TXDW_LSB = 0;
  localparam int unsigned IMC_TXQE_LSB = 1;
  localparam int unsigned IMC_LSC_LSB = 2;
  localparam int unsigned IMC_RXSEQ_LSB = 3;
  localparam int unsigned IMC_RXDMT0_LSB = 4;
  localparam int unsigned IMC_RXO_LSB = 6;
  localparam int unsigned IMC_RXT0_LSB = 7;
  localparam int unsigned IMC_MDAC_LSB = 9;
  localparam int unsigned IMC_RXCFG_LSB = 10;
  localparam int unsigned IMC_PHYINT_LSB = 12;
  localparam int unsigned IMC_GPI_LSB = 13;
  localparam int unsigned IMC_GPI_WIDTH = 2;
  localparam int unsigned IMC_TXD_LOW_LSB = 15;
  localparam int unsigned IMC_SRPD_LSB = 16;

  // ---- Receive ----

  // Receive Control
  localparam logic [16:0] RCTL_ADDR = 17'h00100;
  localparam logic [31:0] RCTL_RESET = 32'h00000000;
  localparam logic [31:0] RCTL_WMASK = 32'h06dfb3fe;
  localparam int unsigned RCTL_EN_LSB = 1;
  localparam int unsigned RCTL_SBP_LSB = 2;
  localparam int unsigned RCTL_UPE_LSB = 3;
  localparam int unsigned RCTL_MPE_LSB = 4;
  localparam int unsigned RCTL_LPE_LSB = 5;
  localparam int unsigned RCTL_LBM_LSB = 6;
  localparam int unsigned RCTL_LBM_WIDTH = 2;
  localparam int unsigned RCTL_RDMTS_LSB = 8;
  localparam int unsigned RCTL_RDMTS_WIDTH = 2;
  localparam int unsigned RCTL_MO_LSB = 12;
  localparam int unsigned RCTL_MO_WIDTH = 2;
  localparam int unsigned RCTL_BAM_LSB = 15;
  localparam int unsigned RCTL_BSIZE_LSB = 16;
  localparam int unsigned RCTL_BSIZE_WIDTH = 2;
  localparam int unsigned RCTL_VFE_LSB = 18;
  localparam int unsigned RCTL_CFIEN_LSB = 19;
  localparam int unsigned RCTL_CFI_LSB = 20;
  localparam int unsigned RCTL_DPF_LSB = 22;
  localparam int unsigned RCTL_PMCF_LSB = 23;
  localparam int unsigned RCTL_BSEX_LSB = 25;
  localparam int unsigned RCTL_SECRC_LSB = 26;

  // Flow Control Receive Threshold Low
  localparam logic [16:0] FCRTL_ADDR = 17'h02160;
  localparam logic [31:0] FCRTL_RESET = 32'h00000000;
  localparam logic [31:0] FCRTL_WMASK = 32'h8000fff8;
  localparam int unsigned FCRTL_RTL_LSB = 3;
  localparam int unsigned FCRTL_RTL_WIDTH = 13;
  localparam int unsigned FCRTL_XONE_LSB = 31;

  // Flow Control Receive Threshold High
  localparam logic [16:0] FCRTH_ADDR = 17'h02168;
  localparam logic [31:0] FCRTH_RESET = 32'h00000000;
  localparam logic [31:0] FCRTH_WMASK = 32'h0000fff8;
  localparam int unsigned FCRTH_RTH_LSB = 3;
  localparam int unsigned FCRTH_RTH_WIDTH = 13;

  // Receive Data FIFO Head (diagnostic)
  localparam logic [16:0] RDFH_ADDR = 17'h02410;
  localparam logic [31:0] RDFH_RESET = 32'h00000000;
  localparam logic [31:0] RDFH_WMASK = 32'h00000000;

  // Receive Data FIFO Tail (diagnostic)
  localparam logic [16:0] RDFT_ADDR = 17'h02418;
  localparam logic [31:0] RDFT_RESET = 32'h00000000;
  localparam logic [31:0] RDFT_WMASK = 32'h00000000;

  // Receive Data FIFO Head Saved (diagnostic)
  localparam logic [16:0] RDFHS_ADDR = 17'h02420;
  localparam logic [31:0] RDFHS_RESET = 32'h00000000;
  localparam logic [31:0] RDFHS_WMASK = 32'h00000000;

  // Receive Data FIFO Tail Saved (diagnostic)
  localparam logic [16:0] RDFTS_ADDR = 17'h02428;
  localparam logic [31:0] RDFTS_RESET = 32'h00000000;
  localparam logic [31:0] RDFTS_WMASK = 32'h00000000;

  // Receive Data FIFO Packet Count (diagnostic)
  localparam logic [16:0] RDFPC_ADDR = 17'h02430;
  localparam logic [31:0] RDFPC_RESET = 32'h00000000;
  localparam logic [31:0] RDFPC_WMASK = 32'h00000000;

  // Receive Descriptor Base Low
  localparam logic [16:0] RDBAL_ADDR = 17'h02800;
  localparam logic [31:0] RDBAL_RESET = 32'h00000000;
  localparam logic [31:0] RDBAL_WMASK = 32'hfffffff0;
  localparam int unsigned RDBAL_RDBAL_LSB = 4;
  localparam int unsigned RDBAL_RDBAL_WIDTH = 28;

  // Receive Descriptor Base High
  localparam logic [16:0] RDBAH_ADDR = 17'h02804;
  localparam logic [31:0] RDBAH_RESET = 32'h00000000;
  localparam logic [31:0] RDBAH_WMASK = 32'hffffffff;

  // Receive Descriptor Ring Length in bytes
  localparam logic [16:0] RDLEN_ADDR = 17'h02808;
  localparam logic [31:0] RDLEN_RESET = 32'h00000000;
  localparam logic [31:0] RDLEN_WMASK = 32'h000fff80;
  localparam int unsigned RDLEN_LEN_LSB = 7;
  localparam int unsigned RDLEN_LEN_WIDTH = 13;

  // Receive Descriptor Head: the next one the card uses
  localparam logic [16:0] RDH_ADDR = 17'h02810;
  localparam logic [31:0] RDH_RESET = 32'h00000000;
  localparam logic [31:0] RDH_WMASK = 32'h0000ffff;
  localparam int unsigned RDH_RDH_LSB = 0;
  localparam int unsigned RDH_RDH_WIDTH = 16;

  // Receive Descriptor Tail: the first one the card does not own
  localparam logic [16:0] RDT_ADDR = 17'h02818;
  localparam logic [31:0] RDT_RESET = 32'h00000000;
  localparam logic [31:0] RDT_WMASK = 32'h0000ffff;
  localparam int unsigned RDT_RDT_LSB = 0;
  localparam int unsigned RDT_RDT_WIDTH = 16;

  // Receive Delay Timer
  localparam logic [16:0] RDTR_ADDR = 17'h02820;
  localparam logic [31:0] RDTR_RESET = 32'h00000000;
  localparam logic [31:0] RDTR_WMASK = 32'h0000ffff;
  localparam int unsigned RDTR_DELAY_LSB = 0;
  localparam int unsigned RDTR_DELAY_WIDTH = 16;
  localparam int unsigned RDTR_FPD_LSB = 31;

  // Receive Descriptor Control; of 64 descriptors on the card
  localparam logic [16:0] RXDCTL_ADDR = 17'h02828;
  localparam logic [31:0] RXDCTL_RESET = 32'h01010000;
  localparam logic [31:0] RXDCTL_WMASK = 32'h013f3f3f;
  localparam int unsigned RXDCTL_PTHRESH_LSB = 0;
  localparam int unsigned RXDCTL_PTHRESH_WIDTH = 6;
  localparam int unsigned RXDCTL_HTHRESH_LSB = 8;
  localparam int unsigned RXDCTL_HTHRESH_WIDTH = 6;
  localparam int unsigned RXDCTL_WTHRESH_LSB = 16;
  localparam int unsigned RXDCTL_WTHRESH_WIDTH = 6;
  localparam int unsigned RXDCTL_GRAN_LSB = 24;

  // Receive Absolute Delay Timer
  localparam logic [16:0] RADV_ADDR = 17'h0282c;
  localparam logic [31:0] RADV_RESET = 32'h00000000;
  localparam logic [31:0] RADV_WMASK = 32'h0000ffff;
  localparam int unsigned RADV_DELAY_LSB = 0;
  localparam int unsigned RADV_DELAY_WIDTH = 16;

  // Receive Small Packet Detect
  localparam logic [16:0] RSRPD_ADDR = 17'h02c00;
  localparam logic [31:0] RSRPD_RESET = 32'h00000000;
  localparam logic [31:0] RSRPD_WMASK = 32'h00000fff;
  localparam int unsigned RSRPD_SIZE_LSB = 0;
  localparam int unsigned RSRPD_SIZE_WIDTH = 12;

  // Receive Checksum Control; a descriptor without a verdict says IXSM
  localparam logic [16:0] RXCSUM_ADDR = 17'h05000;
  localparam logic [31:0] RXCSUM_RESET = 32'h00000000;
  localparam logic [31:0] RXCSUM_WMASK = 32'h000003ff;
  localparam int unsigned RXCSUM_PCSS_LSB = 0;
  localparam int unsigned RXCSUM_PCSS_WIDTH = 8;
  localparam int unsigned RXCSUM_IPOFL_LSB = 8;
  localparam int unsigned RXCSUM_TUOFL_LSB = 9;

  // Multicast Table Array: one bit per 12-bit hash
  localparam logic [16:0] MTA_ADDR = 17'h05200;
  localparam int unsigned MTA_COUNT = 128;
  localparam int unsigned MTA_STRIDE = 4;
  localparam logic [31:0] MTA_RESET = 32'h00000000;
  localparam logic [31:0] MTA_WMASK = 32'hffffffff;

  // Receive Address Low: first four bytes, first byte lowest; RAL0 resets to the station address
  localparam logic [16:0] RAL_ADDR = 17'h05400;
  localparam int unsigned RAL_COUNT = 16;
  localparam int unsigned RAL_STRIDE = 8;
  localparam logic [31:0] RAL_RESET = 32'h00000000;
  localparam logic [31:0] RAL_WMASK = 32'hffffffff;

  // Receive Address High; RAH0 resets to the station address, valid
  localparam logic [16:0] RAH_ADDR = 17'h05404;
  localparam int unsigned RAH_COUNT = 16;
  localparam int unsigned RAH_STRIDE = 8;
  localparam logic [31:0] RAH_RESET = 32'h00000000;
  localparam logic [31:0] RAH_WMASK = 32'h8003ffff;
  localparam int unsigned RAH_RAH_LSB = 0;
  localparam int unsigned RAH_RAH_WIDTH = 16;
  localparam int unsigned RAH_AS_LSB = 16;
  localparam int unsigned RAH_AS_WIDTH = 2;
  localparam int unsigned RAH_AV_LSB = 31;

  // VLAN Filter Table Array: one bit per VLAN id, asked with RCTL.VFE
  localparam logic [16:0] VFTA_ADDR = 17'h05600;
  localparam int unsigned VFTA_COUNT = 128;
  localparam int unsigned VFTA_STRIDE = 4;
  localparam logic [31:0] VFTA_RESET = 32'h00000000;
  localparam logic [31:0] VFTA_WMASK = 32'hffffffff;

  // ---- Transmit ----

  // Transmit Control
  localparam logic [16:0] TCTL_ADDR = 17'h00400;
  localparam logic [31:0] TCTL_RESET = 32'h00000000;
  localparam logic [31:0] TCTL_WMASK = 32'h013ffffa;
  localparam int unsigned TCTL_EN_LSB = 1;
  localparam int unsigned TCTL_PSP_LSB = 3;
  localparam int unsigned TCTL_CT_LSB = 4;
  localparam int unsigned TCTL_CT_WIDTH = 8;
  localparam int unsigned TCTL_COLD_LSB = 12;
  localparam int unsigned TCTL_COLD_WIDTH = 10;
  localparam int unsigned TCTL_SWXOFF_LSB = 22;
  localparam int unsigned TCTL_RTLC_LSB = 24;

  // Transmit Inter Packet Gap; resets to what the manual recommends for copper, so that the gap is legal without a driver
  localparam logic [16:0] TIPG_ADDR = 17'h00410;
  localparam logic [31:0] TIPG_RESET = 32'h00602008;
  localparam logic [31:0] TIPG_WMASK = 32'h3fffffff;
  localparam int unsigned TIPG_IPGT_LSB = 0;
  localparam int unsigned TIPG_IPGT_WIDTH = 10;
  localparam int unsigned TIPG_IPGR1_LSB = 10;
  localparam int unsigned TIPG_IPGR1_WIDTH = 10;
  localparam int unsigned TIPG_IPGR2_LSB = 20;
  localparam int unsigned TIPG_IPGR2_WIDTH = 10;

  // Adaptive Inter Frame Spacing
  localparam logic [16:0] AIT_ADDR = 17'h00458;
  localparam logic [31:0] AIT_RESET = 32'h00000000;
  localparam logic [31:0] AIT_WMASK = 32'h0000ffff;
  localparam int unsigned AIT_AIFS_LSB = 0;
  localparam int unsigned AIT_AIFS_WIDTH = 16;

  // Transmit DMA Control
  localparam logic [16:0] TXDMAC_ADDR = 17'h03000;
  localparam logic [31:0] TXDMAC_RESET = 32'h00000000;
  localparam logic [31:0] TXDMAC_WMASK = 32'h00000001;
  localparam int unsigned TXDMAC_DPP_LSB = 0;

  // Transmit Data FIFO Head (diagnostic)
  localparam logic [16:0] TDFH_ADDR = 17'h03410;
  localparam logic [31:0] TDFH_RESET = 32'h00000000;
  localparam logic [31:0] TDFH_WMASK = 32'h00000000;

  // Transmit Data FIFO Tail (diagnostic)
  localparam logic [16:0] TDFT_ADDR = 17'h03418;
  localparam logic [31:0] TDFT_RESET = 32'h00000000;
  localparam logic [31:0] TDFT_WMASK = 32'h00000000;

  // Transmit Data FIFO Head Saved (diagnostic)
  localparam logic [16:0] TDFHS_ADDR = 17'h03420;
  localparam logic [31:0] TDFHS_RESET = 32'h00000000;
  localparam logic [31:0] TDFHS_WMASK = 32'h00000000;

  // Transmit Data FIFO Tail Saved (diagnostic)
  localparam logic [16:0] TDFTS_ADDR = 17'h03428;
  localparam logic [31:0] TDFTS_RESET = 32'h00000000;
  localparam logic [31:0] TDFTS_WMASK = 32'h00000000;

  // Transmit Data FIFO Packet Count (diagnostic)
  localparam logic [16:0] TDFPC_ADDR = 17'h03430;
  localparam logic [31:0] TDFPC_RESET = 32'h00000000;
  localparam logic [31:0] TDFPC_WMASK = 32'h00000000;

  // Transmit Descriptor Base Low
  localparam logic [16:0] TDBAL_ADDR = 17'h03800;
  localparam logic [31:0] TDBAL_RESET = 32'h00000000;
  localparam logic [31:0] TDBAL_WMASK = 32'hfffffff0;
  localparam int unsigned TDBAL_TDBAL_LSB = 4;
  localparam int unsigned TDBAL_TDBAL_WIDTH = 28;

  // Transmit Descriptor Base High
  localparam logic [16:0] TDBAH_ADDR = 17'h03804;
  localparam logic [31:0] TDBAH_RESET = 32'h00000000;
  localparam logic [31:0] TDBAH_WMASK = 32'hffffffff;

  // Transmit Descriptor Ring Length in bytes
  localparam logic [16:0] TDLEN_ADDR = 17'h03808;
  localparam logic [31:0] TDLEN_RESET = 32'h00000000;
  localparam logic [31:0] TDLEN_WMASK = 32'h000fff80;
  localparam int unsigned TDLEN_LEN_LSB = 7;
  localparam int unsigned TDLEN_LEN_WIDTH = 13;

  // Transmit Descriptor Head: the next one the card sends
  localparam logic [16:0] TDH_ADDR = 17'h03810;
  localparam logic [31:0] TDH_RESET = 32'h00000000;
  localparam logic [31:0] TDH_WMASK = 32'h0000ffff;
  localparam int unsigned TDH_TDH_LSB = 0;
  localparam int unsigned TDH_TDH_WIDTH = 16;

  // Transmit Descriptor Tail: one behind the last to send; its write is the doorbell
  localparam logic [16:0] TDT_ADDR = 17'h03818;
  localparam logic [31:0] TDT_RESET = 32'h00000000;
  localparam logic [31:0] TDT_WMASK = 32'h0000ffff;
  localparam int unsigned TDT_TDT_LSB = 0;
  localparam int unsigned TDT_TDT_WIDTH = 16;

  // Transmit Interrupt Delay Value, for descriptors with IDE
  localparam logic [16:0] TIDV_ADDR = 17'h03820;
  localparam logic [31:0] TIDV_RESET = 32'h00000000;
  localparam logic [31:0] TIDV_WMASK = 32'h0000ffff;
  localparam int unsigned TIDV_IDV_LSB = 0;
  localparam int unsigned TIDV_IDV_WIDTH = 16;
  localparam int unsigned TIDV_FPD_LSB = 31;

  // Transmit Descriptor Control
  localparam logic [16:0] TXDCTL_ADDR = 17'h03828;
  localparam logic [31:0] TXDCTL_RESET = 32'h00000000;
  localparam logic [31:0] TXDCTL_WMASK = 32'hff3f3f3f;
  localparam int unsigned TXDCTL_PTHRESH_LSB = 0;
  localparam int unsigned TXDCTL_PTHRESH_WIDTH = 6;
  localparam int unsigned TXDCTL_HTHRESH_LSB = 8;
  localparam int unsigned TXDCTL_HTHRESH_WIDTH = 6;
  localparam int unsigned TXDCTL_WTHRESH_LSB = 16;
  localparam int unsigned TXDCTL_WTHRESH_WIDTH = 6;
  localparam int unsigned TXDCTL_GRAN_LSB = 24;
  localparam int unsigned TXDCTL_LWTHRESH_LSB = 25;
  localparam int unsigned TXDCTL_LWTHRESH_WIDTH = 7;

  // Transmit Absolute Interrupt Delay Value
  localparam logic [16:0] TADV_ADDR = 17'h0382c;
  localparam logic [31:0] TADV_RESET = 32'h00000000;
  localparam logic [31:0] TADV_WMASK = 32'h0000ffff;
  localparam int unsigned TADV_IDV_LSB = 0;
  localparam int unsigned TADV_IDV_WIDTH = 16;

  // TCP Segmentation Pad and Minimum Threshold; not needed, a segment is put together in one go
  localparam logic [16:0] TSPMT_ADDR = 17'h03830;
  localparam logic [31:0] TSPMT_RESET = 32'h00000000;
  localparam logic [31:0] TSPMT_WMASK = 32'hffffffff;

  // ---- Statistics ----

  // frames of 64 bytes and more with a bad FCS
  localparam logic [16:0] CRCERRS_ADDR = 17'h04000;
  localparam logic [31:0] CRCERRS_RESET = 32'h00000000;
  localparam logic [31:0] CRCERRS_WMASK = 32'h00000000;
  localparam int unsigned CRCERRS_INDEX = 0;

  // alignment errors
  localparam logic [16:0] ALGNERRC_ADDR = 17'h04004;
  localparam logic [31:0] ALGNERRC_RESET = 32'h00000000;
  localparam logic [31:0] ALGNERRC_WMASK = 32'h00000000;
  localparam int unsigned ALGNERRC_INDEX = 1;

  // symbol errors of the fibre variants; RXERRC has them
  localparam logic [16:0] SYMERRS_ADDR = 17'h04008;
  localparam logic [31:0] SYMERRS_RESET = 32'h00000000;
  localparam logic [31:0] SYMERRS_WMASK = 32'h00000000;
  localparam int unsigned SYMERRS_INDEX = 2;

  // frames with an error character inside
  localparam logic [16:0] RXERRC_ADDR = 17'h0400c;
  localparam logic [31:0] RXERRC_RESET = 32'h00000000;
  localparam logic [31:0] RXERRC_WMASK = 32'h00000000;
  localparam int unsigned RXERRC_INDEX = 3;

  // frames lost because the receive FIFO was full
  localparam logic [16:0] MPC_ADDR = 17'h04010;
  localparam logic [31:0] MPC_RESET = 32'h00000000;
  localparam logic [31:0] MPC_WMASK = 32'h00000000;
  localparam int unsigned MPC_INDEX = 4;

  // single collisions
  localparam logic [16:0] SCC_ADDR = 17'h04014;
  localparam logic [31:0] SCC_RESET = 32'h00000000;
  localparam logic [31:0] SCC_WMASK = 32'h00000000;
  localparam int unsigned SCC_INDEX = 5;

  // excessive collisions
  localparam logic [16:0] ECOL_ADDR = 17'h04018;
  localparam logic [31:0] ECOL_RESET = 32'h00000000;
  localparam logic [31:0] ECOL_WMASK = 32'h00000000;
  localparam int unsigned ECOL_INDEX = 6;

  // multiple collisions
  localparam logic [16:0] MCC_ADDR = 17'h0401c;
  localparam logic [31:0] MCC_RESET = 32'h00000000;
  localparam logic [31:0] MCC_WMASK = 32'h00000000;
  localparam int unsigned MCC_INDEX = 7;

  // late collisions
  localparam logic [16:0] LATECOL_ADDR = 17'h04020;
  localparam logic [31:0] LATECOL_RESET = 32'h00000000;
  localparam logic [31:0] LATECOL_WMASK = 32'h00000000;
  localparam int unsigned LATECOL_INDEX = 8;

  // collisions
  localparam logic [16:0] COLC_ADDR = 17'h04028;
  localparam logic [31:0] COLC_RESET = 32'h00000000;
  localparam logic [31:0] COLC_WMASK = 32'h00000000;
  localparam int unsigned COLC_INDEX = 10;

  // deferrals
  localparam logic [16:0] DC_ADDR = 17'h04030;
  localparam logic [31:0] DC_RESET = 32'h00000000;
  localparam logic [31:0] DC_WMASK = 32'h00000000;
  localparam int unsigned DC_INDEX = 12;

  // transmit without carrier sense
  localparam logic [16:0] TNCRS_ADDR = 17'h04034;
  localparam logic [31:0] TNCRS_RESET = 32'h00000000;
  localparam logic [31:0] TNCRS_WMASK = 32'h00000000;
  localparam int unsigned TNCRS_INDEX = 13;

  // sequence errors
  localparam logic [16:0] SEC_ADDR = 17'h04038;
  localparam logic [31:0] SEC_RESET = 32'h00000000;
  localparam logic [31:0] SEC_WMASK = 32'h00000000;
  localparam int unsigned SEC_INDEX = 14;

  // carrier extension errors
  localparam logic [16:0] CEXTERR_ADDR = 17'h0403c;
  localparam logic [31:0] CEXTERR_RESET = 32'h00000000;
  localparam logic [31:0] CEXTERR_WMASK = 32'h00000000;
  localparam int unsigned CEXTERR_INDEX = 15;

  // undersized and oversized frames
  localparam logic [16:0] RLEC_ADDR = 17'h04040;
  localparam logic [31:0] RLEC_RESET = 32'h00000000;
  localparam logic [31:0] RLEC_WMASK = 32'h00000000;
  localparam int unsigned RLEC_INDEX = 16;

  // XON frames received
  localparam logic [16:0] XONRXC_ADDR = 17'h04048;
  localparam logic [31:0] XONRXC_RESET = 32'h00000000;
  localparam logic [31:0] XONRXC_WMASK = 32'h00000000;
  localparam int unsigned XONRXC_INDEX = 18;

  // XON frames sent
  localparam logic [16:0] XONTXC_ADDR = 17'h0404c;
  localparam logic [31:0] XONTXC_RESET = 32'h00000000;
  localparam logic [31:0] XONTXC_WMASK = 32'h00000000;
  localparam int unsigned XONTXC_INDEX = 19;

  // XOFF frames received
  localparam logic [16:0] XOFFRXC_ADDR = 17'h04050;
  localparam logic [31:0] XOFFRXC_RESET = 32'h00000000;
  localparam logic [31:0] XOFFRXC_WMASK = 32'h00000000;
  localparam int unsigned XOFFRXC_INDEX = 20;

  // XOFF frames sent
  localparam logic [16:0] XOFFTXC_ADDR = 17'h04054;
  localparam logic [31:0] XOFFTXC_RESET = 32'h00000000;
  localparam logic [31:0] XOFFTXC_WMASK = 32'h00000000;
  localparam int unsigned XOFFTXC_INDEX = 21;

  // unsupported flow control frames received
  localparam logic [16:0] FCRUC_ADDR = 17'h04058;
  localparam logic [31:0] FCRUC_RESET = 32'h00000000;
  localparam logic [31:0] FCRUC_WMASK = 32'h00000000;
  localparam int unsigned FCRUC_INDEX = 22;

  // good frames received, 64 bytes
  localparam logic [16:0] PRC64_ADDR = 17'h0405c;
  localparam logic [31:0] PRC64_RESET = 32'h00000000;
  localparam logic [31:0] PRC64_WMASK = 32'h00000000;
  localparam int unsigned PRC64_INDEX = 23;

  // good frames received, 65..127 bytes
  localparam logic [16:0] PRC127_ADDR = 17'h04060;
  localparam logic [31:0] PRC127_RESET = 32'h00000000;
  localparam logic [31:0] PRC127_WMASK = 32'h00000000;
  localparam int unsigned PRC127_INDEX = 24;

  // good frames received, 128..255 bytes
  localparam logic [16:0] PRC255_ADDR = 17'h04064;
  localparam logic [31:0] PRC255_RESET = 32'h00000000;
  localparam logic [31:0] PRC255_WMASK = 32'h00000000;
  localparam int unsigned PRC255_INDEX = 25;

  // good frames received, 256..511 bytes
  localparam logic [16:0] PRC511_ADDR = 17'h04068;
  localparam logic [31:0] PRC511_RESET = 32'h00000000;
  localparam logic [31:0] PRC511_WMASK = 32'h00000000;
  localparam int unsigned PRC511_INDEX = 26;

  // good frames received, 512..1023 bytes
  localparam logic [16:0] PRC1023_ADDR = 17'h0406c;
  localparam logic [31:0] PRC1023_RESET = 32'h00000000;
  localparam logic [31:0] PRC1023_WMASK = 32'h00000000;
  localparam int unsigned PRC1023_INDEX = 27;

  // good frames received, 1024 bytes and more
  localparam logic [16:0] PRC1522_ADDR = 17'h04070;
  localparam logic [31:0] PRC1522_RESET = 32'h00000000;
  localparam logic [31:0] PRC1522_WMASK = 32'h00000000;
  localparam int unsigned PRC1522_INDEX = 28;

  // good frames received that passed the filter
  localparam logic [16:0] GPRC_ADDR = 17'h04074;
  localparam logic [31:0] GPRC_RESET = 32'h00000000;
  localparam logic [31:0] GPRC_WMASK = 32'h00000000;
  localparam int unsigned GPRC_INDEX = 29;

  // good broadcast frames received
  localparam logic [16:0] BPRC_ADDR = 17'h04078;
  localparam logic [31:0] BPRC_RESET = 32'h00000000;
  localparam logic [31:0] BPRC_WMASK = 32'h00000000;
  localparam int unsigned BPRC_INDEX = 30;

  // good multicast frames received
  localparam logic [16:0] MPRC_ADDR = 17'h0407c;
  localparam logic [31:0] MPRC_RESET = 32'h00000000;
  localparam logic [31:0] MPRC_WMASK = 32'h00000000;
  localparam int unsigned MPRC_INDEX = 31;

  // good frames sent
  localparam logic [16:0] GPTC_ADDR = 17'h04080;
  localparam logic [31:0] GPTC_RESET = 32'h00000000;
  localparam logic [31:0] GPTC_WMASK = 32'h00000000;
  localparam int unsigned GPTC_INDEX = 32;

  // bytes in good frames received, FCS included, low half
  localparam logic [16:0] GORCL_ADDR = 17'h04088;
  localparam logic [31:0] GORCL_RESET = 32'h00000000;
  localparam logic [31:0] GORCL_WMASK = 32'h00000000;
  localparam int unsigned GORCL_INDEX = 34;

  // bytes in good frames received, FCS included, high half; clears both
  localparam logic [16:0] GORCH_ADDR = 17'h0408c;
  localparam logic [31:0] GORCH_RESET = 32'h00000000;
  localparam logic [31:0] GORCH_WMASK = 32'h00000000;
  localparam int unsigned GORCH_INDEX = 35;

  // bytes in good frames sent, FCS included, low half
  localparam logic [16:0] GOTCL_ADDR = 17'h04090;
  localparam logic [31:0] GOTCL_RESET = 32'h00000000;
  localparam logic [31:0] GOTCL_WMASK = 32'h00000000;
  localparam int unsigned GOTCL_INDEX = 36;

  // bytes in good frames sent, FCS included, high half; clears both
  localparam logic [16:0] GOTCH_ADDR = 17'h04094;
  localparam logic [31:0] GOTCH_RESET = 32'h00000000;
  localparam logic [31:0] GOTCH_WMASK = 32'h00000000;
  localparam int unsigned GOTCH_INDEX = 37;

  // frames that found no free receive descriptor
  localparam logic [16:0] RNBC_ADDR = 17'h040a0;
  localparam logic [31:0] RNBC_RESET = 32'h00000000;
  localparam logic [31:0] RNBC_WMASK = 32'h00000000;
  localparam int unsigned RNBC_INDEX = 40;

  // undersized frames, good FCS
  localparam logic [16:0] RUC_ADDR = 17'h040a4;
  localparam logic [31:0] RUC_RESET = 32'h00000000;
  localparam logic [31:0] RUC_WMASK = 32'h00000000;
  localparam int unsigned RUC_INDEX = 41;

  // fragments: undersized frames, bad FCS
  localparam logic [16:0] RFC_ADDR = 17'h040a8;
  localparam logic [31:0] RFC_RESET = 32'h00000000;
  localparam logic [31:0] RFC_WMASK = 32'h00000000;
  localparam int unsigned RFC_INDEX = 42;

  // oversized frames, good FCS
  localparam logic [16:0] ROC_ADDR = 17'h040ac;
  localparam logic [31:0] ROC_RESET = 32'h00000000;
  localparam logic [31:0] ROC_WMASK = 32'h00000000;
  localparam int unsigned ROC_INDEX = 43;

  // jabbers: oversized frames, bad FCS
  localparam logic [16:0] RJC_ADDR = 17'h040b0;
  localparam logic [31:0] RJC_RESET = 32'h00000000;
  localparam logic [31:0] RJC_WMASK = 32'h00000000;
  localparam int unsigned RJC_INDEX = 44;

  // management frames received
  localparam logic [16:0] MGTPRC_ADDR = 17'h040b4;
  localparam logic [31:0] MGTPRC_RESET = 32'h00000000;
  localparam logic [31:0] MGTPRC_WMASK = 32'h00000000;
  localparam int unsigned MGTPRC_INDEX = 45;

  // management frames dropped
  localparam logic [16:0] MGTPDC_ADDR = 17'h040b8;
  localparam logic [31:0] MGTPDC_RESET = 32'h00000000;
  localparam logic [31:0] MGTPDC_WMASK = 32'h00000000;
  localparam int unsigned MGTPDC_INDEX = 46;

  // management frames sent
  localparam logic [16:0] MGTPTC_ADDR = 17'h040bc;
  localparam logic [31:0] MGTPTC_RESET = 32'h00000000;
  localparam logic [31:0] MGTPTC_WMASK = 32'h00000000;
  localparam int unsigned MGTPTC_INDEX = 47;

  // bytes in all frames received, low half
  localparam logic [16:0] TORL_ADDR = 17'h040c0;
  localparam logic [31:0] TORL_RESET = 32'h00000000;
  localparam logic [31:0] TORL_WMASK = 32'h00000000;
  localparam int unsigned TORL_INDEX = 48;

  // bytes in all frames received, high half; clears both
  localparam logic [16:0] TORH_ADDR = 17'h040c4;
  localparam logic [31:0] TORH_RESET = 32'h00000000;
  localparam logic [31:0] TORH_WMASK = 32'h00000000;
  localparam int unsigned TORH_INDEX = 49;

  // bytes in all frames sent, low half
  localparam logic [16:0] TOTL_ADDR = 17'h040c8;
  localparam logic [31:0] TOTL_RESET = 32'h00000000;
  localparam logic [31:0] TOTL_WMASK = 32'h00000000;
  localparam int unsigned TOTL_INDEX = 50;

  // bytes in all frames sent, high half; clears both
  localparam logic [16:0] TOTH_ADDR = 17'h040cc;
  localparam logic [31:0] TOTH_RESET = 32'h00000000;
  localparam logic [31:0] TOTH_WMASK = 32'h00000000;
  localparam int unsigned TOTH_INDEX = 51;

  // all frames received
  localparam logic [16:0] TPR_ADDR = 17'h040d0;
  localparam logic [31:0] TPR_RESET = 32'h00000000;
  localparam logic [31:0] TPR_WMASK = 32'h00000000;
  localparam int unsigned TPR_INDEX = 52;

  // all frames sent
  localparam logic [16:0] TPT_ADDR = 17'h040d4;
  localparam logic [31:0] TPT_RESET = 32'h00000000;
  localparam logic [31:0] TPT_WMASK = 32'h00000000;
  localparam int unsigned TPT_INDEX = 53;

  // frames sent, 64 bytes
  localparam logic [16:0] PTC64_ADDR = 17'h040d8;
  localparam logic [31:0] PTC64_RESET = 32'h00000000;
  localparam logic [31:0] PTC64_WMASK = 32'h00000000;
  localparam int unsigned PTC64_INDEX = 54;

  // frames sent, 65..127 bytes
  localparam logic [16:0] PTC127_ADDR = 17'h040dc;
  localparam logic [31:0] PTC127_RESET = 32'h00000000;
  localparam logic [31:0] PTC127_WMASK = 32'h00000000;
  localparam int unsigned PTC127_INDEX = 55;

  // frames sent, 128..255 bytes
  localparam logic [16:0] PTC255_ADDR = 17'h040e0;
  localparam logic [31:0] PTC255_RESET = 32'h00000000;
  localparam logic [31:0] PTC255_WMASK = 32'h00000000;
  localparam int unsigned PTC255_INDEX = 56;

  // frames sent, 256..511 bytes
  localparam logic [16:0] PTC511_ADDR = 17'h040e4;
  localparam logic [31:0] PTC511_RESET = 32'h00000000;
  localparam logic [31:0] PTC511_WMASK = 32'h00000000;
  localparam int unsigned PTC511_INDEX = 57;

  // frames sent, 512..1023 bytes
  localparam logic [16:0] PTC1023_ADDR = 17'h040e8;
  localparam logic [31:0] PTC1023_RESET = 32'h00000000;
  localparam logic [31:0] PTC1023_WMASK = 32'h00000000;
  localparam int unsigned PTC1023_INDEX = 58;

  // frames sent, 1024 bytes and more
  localparam logic [16:0] PTC1522_ADDR = 17'h040ec;
  localparam logic [31:0] PTC1522_RESET = 32'h00000000;
  localparam logic [31:0] PTC1522_WMASK = 32'h00000000;
  localparam int unsigned PTC1522_INDEX = 59;

  // multicast frames sent
  localparam logic [16:0] MPTC_ADDR = 17'h040f0;
  localparam logic [31:0] MPTC_RESET = 32'h00000000;
  localparam logic [31:0] MPTC_WMASK = 32'h00000000;
  localparam int unsigned MPTC_INDEX = 60;

  // broadcast frames sent
  localparam logic [16:0] BPTC_ADDR = 17'h040f4;
  localparam logic [31:0] BPTC_RESET = 32'h00000000;
  localparam logic [31:0] BPTC_WMASK = 32'h00000000;
  localparam int unsigned BPTC_INDEX = 61;

  // TCP segmentation contexts sent
  localparam logic [16:0] TSCTC_ADDR = 17'h040f8;
  localparam logic [31:0] TSCTC_RESET = 32'h00000000;
  localparam logic [31:0] TSCTC_WMASK = 32'h00000000;
  localparam int unsigned TSCTC_INDEX = 62;

  // TCP segmentation contexts that failed
  localparam logic [16:0] TSCTFC_ADDR = 17'h040fc;
  localparam logic [31:0] TSCTFC_RESET = 32'h00000000;
  localparam logic [31:0] TSCTFC_WMASK = 32'h00000000;
  localparam int unsigned TSCTFC_INDEX = 63;

  // ---- Extensions ----

  // DMA engines that stopped on a bus error; CTRL.RST restarts them
  localparam logic [16:0] DMA_STATUS_ADDR = 17'h1f000;
  localparam logic [31:0] DMA_STATUS_RESET = 32'h00000000;
  localparam logic [31:0] DMA_STATUS_WMASK = 32'h00000000;
  localparam int unsigned DMA_STATUS_RX_ERROR_LSB = 0;
  localparam int unsigned DMA_STATUS_TX_ERROR_LSB = 1;

  // Completion time-out of DMA reads, as PCI Express has one: 50 ms after the reset
  localparam logic [16:0] DMA_TIMEOUT_ADDR = 17'h1f004;
  localparam logic [31:0] DMA_TIMEOUT_RESET = 32'h0002faf0;
  localparam logic [31:0] DMA_TIMEOUT_WMASK = 32'hffffffff;
  localparam int unsigned DMA_TIMEOUT_LIMIT_LSB = 0;
  localparam int unsigned DMA_TIMEOUT_LIMIT_WIDTH = 32;

  // Receive Window Control: frames for a CPU that reads them word by word
  localparam logic [16:0] RXW_CTRL_ADDR = 17'h1f010;
  localparam logic [31:0] RXW_CTRL_RESET = 32'h00000000;
  localparam logic [31:0] RXW_CTRL_WMASK = 32'h00000001;
  localparam int unsigned RXW_CTRL_EN_LSB = 0;

  // Receive Window Status: the oldest frame; 0 without one
  localparam logic [16:0] RXW_STATUS_ADDR = 17'h1f014;
  localparam logic [31:0] RXW_STATUS_RESET = 32'h00000000;
  localparam logic [31:0] RXW_STATUS_WMASK = 32'h00000000;
  localparam int unsigned RXW_STATUS_LENGTH_LSB = 0;
  localparam int unsigned RXW_STATUS_LENGTH_WIDTH = 16;
  localparam int unsigned RXW_STATUS_ERRORS_LSB = 16;
  localparam int unsigned RXW_STATUS_ERRORS_WIDTH = 8;
  localparam int unsigned RXW_STATUS_VALID_LSB = 31;

  // Receive Window Data: each read gives the frame's next four bytes, the first lowest; 0 behind its end
  localparam logic [16:0] RXW_DATA_ADDR = 17'h1f018;
  localparam logic [31:0] RXW_DATA_RESET = 32'h00000000;
  localparam logic [31:0] RXW_DATA_WMASK = 32'h00000000;

  // Receive Window Next; reads 0
  localparam logic [16:0] RXW_NEXT_ADDR = 17'h1f01c;
  localparam logic [31:0] RXW_NEXT_RESET = 32'h00000000;
  localparam logic [31:0] RXW_NEXT_WMASK = 32'h00000001;
  localparam int unsigned RXW_NEXT_DONE_LSB = 0;

  // ---- Descriptors: LSB over all 128 bits, BIT inside the part ----

  localparam int unsigned RXD_ADDRESS_LSB = 0;
  localparam int unsigned RXD_ADDRESS_WIDTH = 64;
  localparam int unsigned RXD_LENGTH_LSB = 64;
  localparam int unsigned RXD_LENGTH_WIDTH = 16;
  localparam int unsigned RXD_CHECKSUM_LSB = 80;
  localparam int unsigned RXD_CHECKSUM_WIDTH = 16;
  localparam int unsigned RXD_STATUS_LSB = 96;
  localparam int unsigned RXD_STATUS_WIDTH = 8;
  localparam int unsigned RXD_STATUS_DD_BIT = 0;  // descriptor done: the card has finished with it
  localparam int unsigned RXD_STATUS_EOP_BIT = 1;  // last descriptor of the frame
  localparam int unsigned RXD_STATUS_IXSM_BIT = 2;  // ignore the checksum indications
  localparam int unsigned RXD_STATUS_VP_BIT = 3;  // a VLAN tag was taken out (CTRL.VME)
  localparam int unsigned RXD_STATUS_TCPCS_BIT = 5;  // TCP/UDP checksum was verified
  localparam int unsigned RXD_STATUS_IPCS_BIT = 6;  // IP checksum was verified
  localparam int unsigned RXD_STATUS_PIF_BIT = 7;  // passed the filter by hash only
  localparam int unsigned RXD_ERRORS_LSB = 104;
  localparam int unsigned RXD_ERRORS_WIDTH = 8;
  localparam int unsigned RXD_ERRORS_CE_BIT = 0;  // bad FCS or alignment
  localparam int unsigned RXD_ERRORS_SE_BIT = 1;  // symbol error
  localparam int unsigned RXD_ERRORS_SEQ_BIT = 2;  // sequence error
  localparam int unsigned RXD_ERRORS_CXE_BIT = 4;  // carrier extension error
  localparam int unsigned RXD_ERRORS_TCPE_BIT = 5;  // TCP/UDP checksum wrong
  localparam int unsigned RXD_ERRORS_IPE_BIT = 6;  // IP checksum wrong
  localparam int unsigned RXD_ERRORS_RXE_BIT = 7;  // receive data error
  localparam int unsigned RXD_SPECIAL_LSB = 112;
  localparam int unsigned RXD_SPECIAL_WIDTH = 16;
  localparam int unsigned TXD_ADDRESS_LSB = 0;
  localparam int unsigned TXD_ADDRESS_WIDTH = 64;
  localparam int unsigned TXD_LENGTH_LSB = 64;
  localparam int unsigned TXD_LENGTH_WIDTH = 16;
  localparam int unsigned TXD_CSO_LSB = 80;
  localparam int unsigned TXD_CSO_WIDTH = 8;
  localparam int unsigned TXD_CMD_LSB = 88;
  localparam int unsigned TXD_CMD_WIDTH = 8;
  localparam int unsigned TXD_CMD_EOP_BIT = 0;  // last descriptor of the frame
  localparam int unsigned TXD_CMD_IFCS_BIT = 1;  // append the FCS
  localparam int unsigned TXD_CMD_IC_BIT = 2;  // legacy: insert a checksum; data: TSE, segment
  localparam int unsigned TXD_CMD_RS_BIT = 3;  // report status: set DD when sent
  localparam int unsigned TXD_CMD_DEXT_BIT = 5;  // extended form
  localparam int unsigned TXD_CMD_VLE_BIT = 6;  // insert a VLAN tag
  localparam int unsigned TXD_CMD_IDE_BIT = 7;  // delay the interrupt by TIDV
  localparam int unsigned TXD_STA_LSB = 96;
  localparam int unsigned TXD_STA_WIDTH = 4;
  localparam int unsigned TXD_STA_DD_BIT = 0;  // descriptor done
  localparam int unsigned TXD_STA_EC_BIT = 1;  // excess collisions; never
  localparam int unsigned TXD_STA_LC_BIT = 2;  // late collision; never
  localparam int unsigned TXD_CSS_LSB = 104;
  localparam int unsigned TXD_CSS_WIDTH = 8;
  localparam int unsigned TXD_SPECIAL_LSB = 112;
  localparam int unsigned TXD_SPECIAL_WIDTH = 16;
  localparam int unsigned TXD_DTALEN_LSB = 64;
  localparam int unsigned TXD_DTALEN_WIDTH = 20;
  localparam int unsigned TXD_DTYP_LSB = 84;
  localparam int unsigned TXD_DTYP_WIDTH = 4;
  localparam int unsigned TXD_POPTS_LSB = 104;
  localparam int unsigned TXD_POPTS_WIDTH = 8;
  localparam int unsigned TXD_POPTS_IXSM_BIT = 0;  // insert the IP checksum
  localparam int unsigned TXD_POPTS_TXSM_BIT = 1;  // insert the TCP/UDP checksum

endpackage
