import type { Line } from "./exports.ts";

/** What the warehouse derives of a line; what is not said is null. */
export type Derived = {
  readonly vm_size?: string;
  readonly vm_family?: string;
  readonly vm_series?: string;
  readonly vm_version?: string;
  readonly vcpus?: string;
  readonly vm_os?: string;
  readonly aks_cluster?: string;
  readonly aks_pool?: string;
  readonly storage_tier?: string;
  readonly sql_sku?: string;
};

/** A line as Azure delivers it, and what it says. */
export type DerivedCase = { readonly title: string; readonly line: Line; readonly derived: Derived };

/** Sub category and meter of a virtual machine, and its size, family, series, version, vCPUs and system; all named by Azure's price list. */
const SIZES = `
A Series Basic; A0; Basic_A0; A; A; ; 1
A Series Basic Windows; A4; Basic_A4; A; A; ; 8; Windows
A Series Basic; A1 Low Priority; Basic_A1; A; A; ; 1
A Series; A0; Standard_A0; A; A; ; 1
A Series; A1; Standard_A1; A; A; ; 1
A Series; A2 - Expired; Standard_A2; A; A; ; 2
A Series; A6; Standard_A6; A; A; ; 4
A8-A11 Series; A8; Standard_A8; A; A; ; 8
A8-A11 Series; A10; Standard_A10; A; A; ; 8
A Series; A5; Standard_A5; A; A; ; 2
A Series Windows; A7; Standard_A7; A; A; ; 8; Windows
A8-A11 Series; A9; Standard_A9; A; A; ; 16
A8-A11 Series; A11; Standard_A11; A; A; ; 16
Av2 Series; A1 v2; Standard_A1_v2; A; Av2; v2; 1
Av2 Series; A1 v2 Low Priority; Standard_A1_v2; A; Av2; v2; 1
Av2 Series; A2m v2; Standard_A2m_v2; A; Av2; v2; 2
Av2 Series Windows; A8 v2; Standard_A8_v2; A; Av2; v2; 8; Windows
BS Series; B1ls; Standard_B1ls; B; Bs; ; 1
BS Series; B1s; Standard_B1s; B; Bs; ; 1
BS Series; B2ms; Standard_B2ms; B; Bs; ; 2
BS Series Windows; B20ms; Standard_B20ms; B; Bs; ; 20; Windows
BS Series; B2ms Spot; Standard_B2ms; B; Bs; ; 2
Bsv2 Series; B2ts v2; Standard_B2ts_v2; B; Bsv2; v2; 2
Basv2 Series; B4als v2; Standard_B4als_v2; B; Basv2; v2; 4
Bpsv2 Series; B2pts v2 Spot; Standard_B2pts_v2; B; Bpsv2; v2; 2
D/DS Series; D1/DS1; Standard_D1; D; D; ; 1
D/DS Series; D4/DS4; Standard_D4; D; D; ; 8
D/DS Series; D11/DS11; Standard_D11; D; D; ; 2
D/DS Series Windows; D14/DS14 Spot; Standard_D14; D; D; ; 16; Windows
DS Series; DS13; Standard_DS13; D; DS; ; 8
Dv2/DSv2 Series; D2 v2/DS2 v2; Standard_D2_v2; D; Dv2; v2; 2
Dv2/DSv2 Series; D5 v2/DS5 v2 Low Priority; Standard_D5_v2; D; Dv2; v2; 16
Dv2/DSv2 Series Windows; D11 v2/DS11 v2; Standard_D11_v2; D; Dv2; v2; 2; Windows
Dv2/DSv2 Series; D15i v2/DS15i v2; Standard_D15i_v2; D; Dv2; v2; 20
Dv2/DSv2 Promo Series; D2 v2 Promo/DS2 v2 Promo; Standard_D2_v2_Promo; D; Dv2; v2; 2
DSv2 Series; DS2 v2 Spot - Expired; Standard_DS2_v2; D; DSv2; v2; 2
DSv2 Series; DS2 v2; Standard_DS2_v2; D; DSv2; v2; 2
DSv2 Series; DS11-1 v2; Standard_DS11-1_v2; D; DSv2; v2; 1
DSv2 Series; DS14 v2 Low Priority; Standard_DS14_v2; D; DSv2; v2; 16
Dv3/DSv3 Series; D2 v3/D2s v3; Standard_D2_v3; D; Dv3; v3; 2
Dv3/DSv3 Series; D64 v3/D64s v3 Low Priority; Standard_D64_v3; D; Dv3; v3; 64
DSv3 Series Windows; D2s v3; Standard_D2s_v3; D; Dsv3; v3; 2; Windows
Dav4/Dasv4 Series; D4a v4/D4as v4; Standard_D4a_v4; D; Dav4; v4; 4
Ddsv4 Series; D48ds v4; Standard_D48ds_v4; D; Ddsv4; v4; 48
Dsv5 Series; D2s v5; Standard_D2s_v5; D; Dsv5; v5; 2
Dsv5 Series; D96s v5 Spot; Standard_D96s_v5; D; Dsv5; v5; 96
Dv5 Series; D8 v5; Standard_D8_v5; D; Dv5; v5; 8
Dlsv5 Series; D4ls v5; Standard_D4ls_v5; D; Dlsv5; v5; 4
Dpsv6 Series Linux; D2ps v6; Standard_D2ps_v6; D; Dpsv6; v6; 2; Linux
Dsv5 Series Windows; D2s v5 Low Priority; Standard_D2s_v5; D; Dsv5; v5; 2; Windows
Dplsv5 Series; D16pls v5; Standard_D16pls_v5; D; Dplsv5; v5; 16
Dpldsv5 Series; D8plds v5 Spot; Standard_D8plds_v5; D; Dpldsv5; v5; 8
Dasv6 Series Linux; D4as v6; Standard_D4as_v6; D; Dasv6; v6; 4; Linux
Dalsv7 Series; D2als v7; Standard_D2als_v7; D; Dalsv7; v7; 2
DCSv2 Series; DC2s v2; Standard_DC2s_v2; DC; DCsv2; v2; 2
DCSv3 Series; DC2s v3; Standard_DC2s_v3; DC; DCsv3; v3; 2
DCdsv3 Series; DC8ds v3; Standard_DC8ds_v3; DC; DCdsv3; v3; 8
DCadsv5 Series; DC96ads v5; Standard_DC96ads_v5; DC; DCadsv5; v5; 96
DCas cc v5 Series; DC8as cc v5; Standard_DC8as_cc_v5; DC; DCasccv5; v5; 8
Ev3/ESv3 Series; E4 v3/E4s v3; Standard_E4_v3; E; Ev3; v3; 4
Ev3/ESv3 Series Windows; E64i v3/E64is v3; Standard_E64i_v3; E; Ev3; v3; 64; Windows
Ev4 Series; E20 v4; Standard_E20_v4; E; Ev4; v4; 20
Eav4/Easv4 Series; E8-4as v4; Standard_E8-4as_v4; E; Easv4; v4; 4
Easv5 Series; E8-4as v5; Standard_E8-4as_v5; E; Easv5; v5; 4
Easv5 Series; E96-24as v5 Low Priority; Standard_E96-24as_v5; E; Easv5; v5; 24
Esv5 Series; E104is v5; Standard_E104is_v5; E; Esv5; v5; 104
Ebdsv5 Series; E112ibds v5; Standard_E112ibds_v5; E; Ebdsv5; v5; 112
Epsv5 Series; E2ps v5; Standard_E2ps_v5; E; Epsv5; v5; 2
Edsv6 Series Linux; E2ds v6; Standard_E2ds_v6; E; Edsv6; v6; 2; Linux
ECadsv5 Series; EC4ads v5; Standard_EC4ads_v5; EC; ECadsv5; v5; 4
F/FS Series; F1/F1s; Standard_F1; F; F; ; 1
FS Series; F16s; Standard_F16s; F; Fs; ; 16
FSv2 Series; F2s v2; Standard_F2s_v2; F; Fsv2; v2; 2
FSv2 Series; F8s v2; Standard_F8s_v2; F; Fsv2; v2; 8
FSv2 Series Windows; F72s v2 Spot; Standard_F72s_v2; F; Fsv2; v2; 72; Windows
Falsv6 Series; F2als v6; Standard_F2als_v6; F; Falsv6; v6; 2
FXmdsv1 Series; FX4mds; Standard_FX4mds; FX; FXmds; ; 4
FXmsv2 Series; FX48-24ms v2; Standard_FX48-24ms_v2; FX; FXmsv2; v2; 24
G/GS Series; G1/GS1; Standard_G1; G; G; ; 2
G/GS Series; G5/GS5; Standard_G5; G; G; ; 32
GS Series; GS5-16; Standard_GS5-16; G; GS; ; 16
H Series; H8; Standard_H8; H; H; ; 8
H Series; H16mr; Standard_H16mr; H; H; ; 16
H Series; H16r Promo; Standard_H16r_Promo; H; H; ; 16
HBS Series; HB60rs; Standard_HB60rs; HB; HBrs; ; 60
HBrsv2 Series; HB120rs v2; Standard_HB120rs_v2; HB; HBrsv2; v2; 120
HBrsv3 Series; HB120rs v3; Standard_HB120rs_v3; HB; HBrsv3; v3; 120
HBrsv3 Series; HB120-16rs v3; Standard_HB120-16rs_v3; HB; HBrsv3; v3; 16
HBrsv4 Series; HB176rs v4; Standard_HB176rs_v4; HB; HBrsv4; v4; 176
HCS Series; HC44rs; Standard_HC44rs; HC; HCrs; ; 44
HX Series; HX176rs; Standard_HX176rs; HX; HXrs; ; 176
LS Series; L4s; Standard_L4s; L; Ls; ; 4
LSv2 Series; L8s v2; Standard_L8s_v2; L; Lsv2; v2; 8
Lsv3 Series; L16s v3; Standard_L16s_v3; L; Lsv3; v3; 16
Laosv4 Series Linux; L2aos v4; Standard_L2aos_v4; L; Laosv4; v4; 2; Linux
LSv2 Series; L80s v2 Low Priority; Standard_L80s_v2; L; Lsv2; v2; 80
Lasv3 Series; L8as v3; Standard_L8as_v3; L; Lasv3; v3; 8
M Series; M128; Standard_M128; M; M; ; 128
MS Series; M8-2ms; Standard_M8-2ms; M; Ms; ; 2
Msv2 Series; M416ms v2; Standard_M416ms_v2; M; Msv2; v2; 416
Msv2 Series; M208s v2; Standard_M208s_v2; M; Msv2; v2; 208
MS Series; M8ms; Standard_M8ms; M; Ms; ; 8
MS Series; M64-16ms; Standard_M64-16ms; M; Ms; ; 16
MS Series; M32ls; Standard_M32ls; M; Ms; ; 32
Msv2 Series; M416-208ms v2; Standard_M416-208ms_v2; M; Msv2; v2; 208
Mdsv2 Series; M192idms v2; Standard_M192idms_v2; M; Mdsv2; v2; 192
Mdsv3 Medium Memory Series Linux; M96ds 2 v3; Standard_M96ds_2_v3; M; Mdsv3; v3; 96; Linux
NC Series; NC6; Standard_NC6; NC; NC; ; 6
NC Promo Series; NC24r Promo; Standard_NC24r_Promo; NC; NC; ; 24
NCSv2 Series; NC6s v2; Standard_NC6s_v2; NC; NCsv2; v2; 6
NCSv3 Series; NC6s v3; Standard_NC6s_v3; NC; NCsv3; v3; 6
NCSv3 Series Windows; NC24rs v3 Low Priority; Standard_NC24rs_v3; NC; NCsv3; v3; 24; Windows
NCasT4 v3 Series; NC4as T4 v3; Standard_NC4as_T4_v3; NC; NCasT4v3; v3; 4
NCasT4 v3 Series; NC64asT4 v3; Standard_NC64as_T4_v3; NC; NCasT4v3; v3; 64
NCads A100 v4 Series; NC24ads A100 v4 Spot; Standard_NC24ads_A100_v4; NC; NCadsA100v4; v4; 24
NCadsH100v5 Series; NC40adsH100v5; Standard_NC40ads_H100_v5; NC; NCadsH100v5; v5; 40
NCCadsH100v5 Series; NCC40ads H100 v5; Standard_NCC40ads_H100_v5; NCC; NCCadsH100v5; v5; 40
NDS Series; ND24rs; Standard_ND24rs; ND; NDrs; ; 24
NDrSv2 Series; ND40rs v2; Standard_ND40rs_v2; ND; NDrsv2; v2; 40
NDasrA100 v4 Series; ND96asr A100 v4; Standard_ND96asr_v4; ND; NDasrv4; v4; 96
NDamsrA100 v4 Series Linux; ND96amsr A100 v4; Standard_ND96amsr_A100_v4; ND; NDamsrA100v4; v4; 96; Linux
NDsr H100 v5 Series Windows; ND96isrH100v5; Standard_ND96isr_H100_v5; ND; NDsrH100v5; v5; 96; Windows
NDsrMI300Xv5 Series; ND96isr MI300X v5; Standard_ND96isr_MI300X_v5; ND; NDsrMI300Xv5; v5; 96
NGads V620 Series; NG8ads V620 v1; Standard_NG8ads_V620_v1; NG; NGadsV620v1; v1; 8
NPS Series; NP10s; Standard_NP10s; NP; NPs; ; 10
NDSv2 Series Windows; ND6s v2; Standard_ND6s_v2; ND; NDsv2; v2; 6; Windows
NV Series; NV6 Promo; Standard_NV6_Promo; NV; NV; ; 6
NV Series; NV24; Standard_NV24; NV; NV; ; 24
NV Series; NV6; Standard_NV6; NV; NV; ; 6
NVSv3 Series; NV12s v3; Standard_NV12s_v3; NV; NVsv3; v3; 12
NVasv4 Series Windows; NV4as v4; Standard_NV4as_v4; NV; NVasv4; v4; 4; Windows
NVadsA10v5 Series; NV36adms A10 v5; Standard_NV36adms_A10_v5; NV; NVadsA10v5; v5; 36
NVadsV710v5 Series; NV4ads V710 v5 Low Priority; Standard_NV4ads_V710_v5; NV; NVadsV710v5; v5; 4
`;

const INFO_CASES: readonly DerivedCase[] = [
  {
    title: "the additional info names one of the two sizes of its meter",
    line: machine("Dv3/DSv3 Series", "D2 v3/D2s v3", info({ ServiceType: "Standard_D2s_v3" })),
    derived: size("Standard_D2s_v3", "D", "Dsv3", "v3", "2"),
  },
  {
    title: "the product names one of the two sizes of its meter",
    line: {
      ...machine("Dv3/DSv3 Series", "D2 v3/D2s v3"),
      productName: "Virtual Machines Dv3/DSv3 Series - D2s v3 - EU West",
    },
    derived: size("Standard_D2s_v3", "D", "Dsv3", "v3", "2"),
  },
  {
    title: "the meter names one of the two sizes of its product",
    line: {
      ...machine("Dv3/DSv3 Series", "D2s v3"),
      productName: "Virtual Machines Dv3/DSv3 Series - D2 v3/D2s v3 - EU West",
    },
    derived: size("Standard_D2s_v3", "D", "Dsv3", "v3", "2"),
  },
  {
    title: "only the product names the size",
    line: {
      ...machine("", ""),
      productName: "Virtual Machines Ebdsv6-Series Linux - E2bds v6 Low Priority - US East 2",
    },
    derived: { ...size("Standard_E2bds_v6", "E", "Ebdsv6", "v6", "2"), vm_os: "Linux" },
  },
  {
    title: "the sub category names the size, as it did until 2018",
    line: {
      ...machine("Standard_D1_v2 VM (Windows)", "Compute Hours"),
      productName: "Virtual Machines - Standard_D1_v2 VM (Windows) - Compute Hours",
    },
    derived: { ...size("Standard_D1_v2", "D", "Dv2", "v2", "1"), vm_os: "Windows" },
  },
  {
    title: "a purchased reservation names the size",
    line: {
      ...machine("BS Series", "B1s"),
      resourceId: "/providers/Microsoft.Capacity/reservationOrders/49ed0e4d/reservations/",
    },
    derived: size("Standard_B1s", "B", "Bs", undefined, "1"),
  },
  {
    title: "a Linux image, blanks in the additional info",
    line: machine(
      "Ev3/ESv3 Series",
      "E4 v3/E4s v3",
      '{  "UsageType": "ComputeHR",  "ImageType": "Canonical",  "ServiceType": "Standard_E4s_v3",  "VMName": null,  "VMProperties": null,  "VCPUs": 4,  "CPUs": 0}',
    ),
    derived: { ...size("Standard_E4s_v3", "E", "Esv3", "v3", "4"), vm_os: "Linux" },
  },
  {
    title: "a Windows image with a licence of its own, at the price of Linux",
    line: machine("Dsv5 Series", "D4s v5", info({ ServiceType: "Standard_D4s_v5", ImageType: "Windows Server BYOL" })),
    derived: { ...size("Standard_D4s_v5", "D", "Dsv5", "v5", "4"), vm_os: "Windows" },
  },
  {
    title: "the same image in another spelling",
    line: machine("A Series", "A1", info({ ImageType: "WindowsServerBYOL", ServiceType: "Standard_A1", VMName: "" })),
    derived: { ...size("Standard_A1", "A", "A", undefined, "1"), vm_os: "Windows" },
  },
  {
    title: "an image of SUSE",
    line: machine("Msv2 Series", "M208s v2", info({ ImageType: "SLES for SAP", ServiceType: "Standard_M208s_v2" })),
    derived: { ...size("Standard_M208s_v2", "M", "Msv2", "v2", "208"), vm_os: "Linux" },
  },
  {
    title: "the usage names Windows",
    line: machine("Dsv5 Series", "D2s v5", info({ UsageType: "ComputeHR_Windows", ServiceType: "Standard_D2s_v5" })),
    derived: { ...size("Standard_D2s_v5", "D", "Dsv5", "v5", "2"), vm_os: "Windows" },
  },
  {
    title: "an image that is neither Windows nor Linux, and a product that says no more",
    line: machine("Dsv5 Series", "D2s v5", info({ ImageType: "StorSimple", ServiceType: "Standard_D2s_v5" })),
    derived: size("Standard_D2s_v5", "D", "Dsv5", "v5", "2"),
  },
  {
    title: "an unused capacity reservation",
    line: machine("Dv3/DSv3 Series", "D2 v3/D2s v3", info({ ServiceType: "Standard_D2s_v3", UsageType: "ComputeCR" })),
    derived: size("Standard_D2s_v3", "D", "Dsv3", "v3", "2"),
  },
  {
    title: "additional info that was cut off behind the size",
    line: machine(
      "Dsv5 Series",
      "D8s v5",
      '{"UsageType":"ComputeHR","ImageType":"Canonical","ServiceType":"Standard_D8ds_v5","VMNa',
    ),
    derived: { ...size("Standard_D8ds_v5", "D", "Ddsv5", "v5", "8"), vm_os: "Linux" },
  },
  {
    title: "additional info that was cut off in the size: the meter's counts",
    line: machine("Dsv5 Series", "D8s v5", '{"UsageType":"ComputeHR","ServiceType":"Standard_D8'),
    derived: size("Standard_D8s_v5", "D", "Dsv5", "v5", "8"),
  },
  {
    title: "additional info without braces",
    line: machine("Dsv5 Series", "D8s v5", '"ServiceType": "Standard_D8ds_v5", "VCPUs": "8"'),
    derived: size("Standard_D8ds_v5", "D", "Ddsv5", "v5", "8"),
  },
  {
    title: "a licence of Windows",
    line: {
      ...machine("Windows Server", "4 vCPU VM License", info({ ServiceType: "Standard_D4s_v3", VCPUs: 4 })),
      meterCategory: "Virtual Machines Licenses",
      productName: "Virtual Machines Licenses - Windows Server - 4 vCPU VM License",
    },
    derived: { ...size("Standard_D4s_v3", "D", "Dsv3", "v3", "4"), vm_os: "Windows" },
  },
  {
    title: "a licence of OpenShift, of which only the vCPUs are told",
    line: {
      ...machine("Azure Red Hat OpenShift General Purpose v3", "4 vCPU", '{"VCPUs":"4"}'),
      meterCategory: "Virtual Machines Licenses",
      productName: "Azure Red Hat OpenShift General Purpose - 4 vCPU",
    },
    derived: { vcpus: "4", vm_os: "Linux" },
  },
  {
    title: "support of a machine's system, which counts vCPUs",
    line: {
      ...machine("Red Hat Enterprise Linux", "2 vCPU VM Support"),
      meterCategory: "Virtual Machines Licenses",
      productName: "Virtual Machines Licenses - Red Hat Enterprise Linux - 2 vCPU VM Support",
    },
    derived: { vcpus: "2", vm_os: "Linux" },
  },
  {
    title: "a licence for a range of vCPUs",
    line: {
      ...machine("SLES for SAP", "1-2 vCPU VM License"),
      meterCategory: "Virtual Machines Licenses",
      productName: "Virtual Machines Licenses - SUSE - 1-2 vCPU VM License",
    },
    derived: { vm_os: "Linux" },
  },
  {
    title: "a size of another spelling",
    line: machine("Dv3/DSv3 Series", "D2 v3/D2s v3", info({ ServiceType: "Standard_D2s_V3" })),
    derived: size("Standard_D2s_v3", "D", "Dsv3", "v3", "2"),
  },
  {
    title: "a size of a name that nobody knew yet stays as it is",
    line: machine("NCadsv6 Series", "NC128ds xl v6", info({ ServiceType: "Standard_NC128ds_xl_RTXPRO6000BSE_v6" })),
    derived: size("Standard_NC128ds_xl_RTXPRO6000BSE_v6", "NC", undefined, "v6", "128"),
  },
  {
    title: "a promotional size",
    line: machine("Dv2/DSv2 Promo Series", "D2 v2 Promo/DS2 v2 Promo", info({ ServiceType: "Standard_DS2_v2_Promo" })),
    derived: size("Standard_DS2_v2_Promo", "D", "DSv2", "v2", "2"),
  },
  {
    title: "a size of the basic tier",
    line: machine("A Series Basic", "A1", info({ ServiceType: "Basic_A1" })),
    derived: size("Basic_A1", "A", "A", undefined, "1"),
  },
  {
    title: "traffic of a machine, whose additional info names the machine",
    line: {
      ...other("Bandwidth", "Inter-Region", "Intra Continent Data Transfer Out"),
      additionalInfo: '{"PipelineType":"v2","DataTransferDirection":"DataTrOut","VmName":"web-01"}',
    },
    derived: {},
  },
  {
    title: "classic cloud services",
    line: {
      ...machine("Av2 Series", "A2 v2"),
      meterCategory: "Cloud Services",
      productName: "Av2 Series Cloud Services - A2 v2",
    },
    derived: size("Standard_A2_v2", "A", "Av2", "v2", "2"),
  },
  {
    title: "a dedicated host, which has no size",
    line: {
      ...machine("Dsv3 Series Dedicated Host", "Dsv3_Type1"),
      productName: "Dsv3 Series Dedicated Host - Dsv3_Type1",
    },
    derived: {},
  },
  {
    title: "no vCPUs are none",
    line: { ...other("Storage", "Tables", "LRS Data Stored"), additionalInfo: '{"ConsumptionMeter":null,"VCPUs":"0"}' },
    derived: {},
  },
  {
    title: "a service type that is no size",
    line: {
      ...other("Advanced Data Security", "SQL Database", "Standard Node"),
      additionalInfo: '{"ServiceType":"SQLThreatDetection","ResourceCategory":"SQLThreatDetection"}',
    },
    derived: {},
  },
];

const NODES = "/subscriptions/9ec51cfd-5ca7-4d76-8101-dd0a4abc5674/resourceGroups";
const AKS_CASES: readonly DerivedCase[] = [
  {
    title: "a node of a pool",
    line: {
      ...machine(
        "BS Series",
        "B2s",
        info({
          ImageType: "Canonical",
          ServiceType: "Standard_B2s",
          VMName: "aks-secretagent-37798712-vmss_1",
          VMProperties: "Microsoft.AKS.Compute.AKS.Linux.Billing",
        }),
      ),
      ...inGroup(
        "MC_ANALYTICSENGINE_ANALYTICSENGINE_EASTUS",
        "Microsoft.Compute/virtualMachineScaleSets/aks-secretagent-37798712-vmss",
      ),
    },
    derived: {
      ...size("Standard_B2s", "B", "Bs", undefined, "2"),
      vm_os: "Linux",
      aks_cluster: "analyticsengine",
      aks_pool: "secretagent",
    },
  },
  {
    title: "a Windows node, which an extension names",
    line: {
      ...machine("Dsv5 Series", "D2s v5", info({ VMProperties: "Microsoft.AKS.Compute.AKS.Windows.Billing" })),
      ...inGroup("MC_rg-shop_aks-prod_westeurope", "Microsoft.Compute/virtualMachineScaleSets/akswinpl"),
    },
    derived: { ...size("Standard_D2s_v5", "D", "Dsv5", "v5", "2"), vm_os: "Windows", aks_cluster: "aks-prod" },
  },
  {
    title: "a node of an availability set",
    line: {
      ...machine("Dsv3 Series", "D2s v3"),
      ...inGroup("mc_rg_cluster1_northeurope", "Microsoft.Compute/virtualMachines/aks-nodepool1-12345678-0"),
    },
    derived: { ...size("Standard_D2s_v3", "D", "Dsv3", "v3", "2"), aks_cluster: "cluster1", aks_pool: "nodepool1" },
  },
  {
    title: "traffic of a pool",
    line: {
      ...other("Bandwidth", "Inter-Region", "Intra Continent Data Transfer Out"),
      ...inGroup(
        "mc_aksccmextensibilitypoc_test-cluster-2_eastus",
        "microsoft.compute/virtualmachinescalesets/aks-agentpool-37660393-vmss",
      ),
    },
    derived: { aks_cluster: "test-cluster-2", aks_pool: "agentpool" },
  },
  {
    title: "a volume of a cluster, in no pool",
    line: {
      ...other("Storage", "Standard SSD Managed Disks", "E2 Disks"),
      ...inGroup(
        "MC_MY_GROUP_TEST-CLUSTER-1_EASTUS",
        "Microsoft.Compute/disks/pvc-ce11a08b-fe88-42df-8b88-5151819181d9",
      ),
    },
    derived: { aks_cluster: "test-cluster-1", storage_tier: "Standard SSD" },
  },
  {
    title: "a pool in a group with a name of its own",
    line: {
      ...machine("Dsv5 Series", "D2s v5"),
      ...inGroup(
        "rg-shop-nodes",
        "Microsoft.Compute/virtualMachineScaleSets/aks-pool1-12345678-vmss/virtualMachines/3",
      ),
    },
    derived: { ...size("Standard_D2s_v5", "D", "Dsv5", "v5", "2"), aks_pool: "pool1" },
  },
  {
    title: "a cluster itself, in a group that is none of nodes",
    line: {
      ...other("Azure Kubernetes Service", "", "Standard Uptime SLA"),
      ...inGroup("rg_mc_eu", "Microsoft.ContainerService/managedClusters/aks-prod"),
    },
    derived: {},
  },
  {
    title: "a machine that is only named like nodes are",
    line: { ...machine("Dsv5 Series", "D2s v5"), ...inGroup("rg-shop", "Microsoft.Compute/virtualMachines/aks-jump") },
    derived: size("Standard_D2s_v5", "D", "Dsv5", "v5", "2"),
  },
];

/** Category, sub category and meter of App Service and of others whose meters look like sizes: nothing is derived of them. */
const PLAIN = `
Azure App Service; Premium v3 Plan; P1 v3
Azure App Service; Premium v3 Plan - Linux; P1mv3 App
Azure App Service; Premium v2 Plan; P2 v2
Azure App Service; Standard Plan; S1
Azure App Service; Basic Plan; B1
Azure App Service; Isolated v2 Plan - Linux; I1 v2
Azure App Service; Free Plan; F1
Redis Cache; Premium; P1 Cache
Power BI Embedded; ; A1
Azure Cosmos DB; Dedicated Gateway - General Purpose; D4s
Key Vault; ; Operations
Virtual Network; IP Addresses; Standard IPv4 Static Public IP
Load Balancer; Standard; Standard Included LB Rules and Outbound Rules
Log Analytics; ; Pay-as-you-go Data Retention
Azure Kubernetes Service; ; Standard Uptime SLA
`;

/** Category, sub category and meter of storage, and the tier. */
const TIERS = `
Storage; Tiered Block Blob; Hot LRS Data Stored; Hot
Storage; Tiered Block Blob; Cool GRS Data Stored; Cool
Storage; Tiered Block Blob; Cold ZRS Write Operations; Cold
Storage; Tiered Block Blob; Archive RA-GRS Data Retrieval; Archive
Storage; Tiered Block Blob; Cool Early Delete; Cool
Storage; Tiered Block Blob; GRS List and Create Container Operations; 
Storage; General Block Blob v2; Hot LRS Write Operations; Hot
Storage; Azure Data Lake Storage Gen2 Hierarchical Namespace; Hot RA-GRS Iterative Read Operations; Hot
Storage; Premium Block Blob v2 Hierarchical Namespace; Premium LRS Read Operations; Premium
Storage; Files v2; Hot LRS Metadata; Hot
Storage; Files v2; LRS Write Operations; 
Storage; Premium Files; Premium LRS Provisioned; Premium
Storage; Standard Page Blob; LRS Data Stored; Standard
Storage; Tables; LRS Batch Write Operations; 
Storage; Premium SSD Managed Disks; P10 LRS Disk; Premium SSD
Storage; Premium SSD Managed Disks; P30 ZRS Disk Mount; Premium SSD
Storage; Standard SSD Managed Disks; E10 LRS Disk Operations; Standard SSD
Storage; Standard HDD Managed Disks; S4 Disks; Standard HDD
Storage; Standard HDD Managed Disks; Disk Operations; Standard HDD
Storage; Standard HDD Managed Disks; LRS Snapshots; Standard HDD
Storage; Azure Premium SSD v2; Premium LRS Provisioned Capacity; Premium SSD v2
Storage; Ultra Disks; Ultra LRS Provisioned IOPS; Ultra Disk
Azure NetApp Files; ; Premium Capacity; Premium
Backup; ; Standard Data Stored; 
`;

/** Category, sub category and meter of databases, and the SKU. */
const SKUS = `
SQL Database; Single Basic; B DTU; Basic
SQL Database; Single Standard; S0 DTUs; S0
SQL Database; Single Standard; S3 Secondary Active DTUs; S3
SQL Database; Single Premium; P11 DTUs; P11
SQL Database; Elastic Pool - Standard; eDTUs; StandardPool
SQL Database; Elastic Pool - Basic; 100 DTU Pack; BasicPool
SQL Database; Single/Elastic Pool General Purpose - Compute Gen5; vCore; GP_Gen5
SQL Database; Single/Elastic Pool General Purpose - Compute Gen5; Zone Redundancy vCore; GP_Gen5
SQL Database; Single/Elastic Pool General Purpose - Compute FSv2 Series; vCore; GP_Fsv2
SQL Database; General Purpose - Serverless - Compute Gen5; vCore; GP_S_Gen5
SQL Database; Single/Elastic Pool Business Critical - Compute M Series; vCore; BC_M
SQL Database; Single/Elastic Pool Business Critical - Compute DC-Series; vCore; BC_DC
SQL Database; SingleDB/Elastic Pool Hyperscale - Compute Gen5; vCore; HS_Gen5
SQL Database; SingleDB/Elastic Pool Hyperscale - Premium Series Compute; vCore; HS_PRMS
SQL Database; SingleDB/Elastic Pool Hyperscale - Premium Series Memory Optimized Compute; vCore; HS_MOPRMS
SQL Database; Single/Elastic Pool General Purpose - Storage; General Purpose Data Stored; 
SQL Database; Single/Elastic Pool PITR Backup Storage; RA-GRS Data Stored; 
SQL Managed Instance; Managed Instance General Purpose - Compute Gen5; vCore; GP_Gen5
SQL Managed Instance; Managed Instance General Purpose - Premium Series Compute; vCore; GP_G8IM
SQL Managed Instance; Managed Instance Business Critical - Premium Series Memory Optimized Compute; vCore; BC_G8IH
SQL Managed Instance; Managed Instance General Purpose - SQL License; vCore; 
Azure Database for MySQL; Basic - Compute Gen5; 2 vCore; B_Gen5
Azure Database for PostgreSQL; Single Server General Purpose - Compute Gen5; vCore; GP_Gen5
Azure Database for MySQL; Single Server Memory Optimized - Compute Gen5; vCore; MO_Gen5
Azure Database for PostgreSQL; Flexible Server Burstable BS Series Compute; B1MS; 
`;

const SUBSCRIPTION = "/subscriptions/1caaa5a3-2b66-438e-8ab4-bce37d518c5d";

/** Id, the name that the file gives, additional info; and the name and the type of the resource. */
export const RESOURCE_CASES: readonly (readonly [
  id: string,
  delivered: string,
  additionalInfo: string,
  name: string,
  type: string,
])[] = [
  [
    `${SUBSCRIPTION}/resourceGroups/RG-Web/providers/Microsoft.Compute/virtualMachines/VM-01`,
    "VM-01",
    "",
    "VM-01",
    "microsoft.compute/virtualmachines",
  ],
  [
    `${SUBSCRIPTION}/resourceGroups/rg/providers/Microsoft.Compute/virtualMachines/VM-02`,
    "",
    "",
    "vm-02",
    "microsoft.compute/virtualmachines",
  ],
  [
    `${SUBSCRIPTION.toUpperCase()}/RESOURCEGROUPS/RG/PROVIDERS/MICROSOFT.KEYVAULT/VAULTS/KV1`,
    "",
    "",
    "kv1",
    "microsoft.keyvault/vaults",
  ],
  [
    `${SUBSCRIPTION}/resourceGroups/rg/providers/Microsoft.Sql/servers/srv/databases/orders`,
    "",
    "",
    "orders",
    "microsoft.sql/servers/databases",
  ],
  [
    `${SUBSCRIPTION}/resourceGroups/rg/providers/Microsoft.Sql/managedInstances/mi1`,
    "mi1",
    "",
    "mi1",
    "microsoft.sql/managedinstances",
  ],
  [
    `${SUBSCRIPTION}/resourceGroups/rg/providers/Microsoft.Web/sites/shop/slots/staging`,
    "",
    "",
    "staging",
    "microsoft.web/sites/slots",
  ],
  [
    `${SUBSCRIPTION}/resourceGroups/rg/providers/Microsoft.Web/serverfarms/plan-1`,
    "",
    "",
    "plan-1",
    "microsoft.web/serverfarms",
  ],
  [
    `${SUBSCRIPTION}/resourceGroups/rg/providers/Microsoft.Storage/storageAccounts/st1`,
    "st1",
    "",
    "st1",
    "microsoft.storage/storageaccounts",
  ],
  [
    `${SUBSCRIPTION}/resourceGroups/rg/providers/Microsoft.Compute/virtualMachineScaleSets/web/virtualMachines/3`,
    "",
    "",
    "3",
    "microsoft.compute/virtualmachinescalesets/virtualmachines",
  ],
  [
    `${SUBSCRIPTION}/resourceGroups/rg/providers/Microsoft.Compute/virtualMachines/vm1/providers/Microsoft.Insights/diagnosticSettings/d1`,
    "",
    "",
    "d1",
    "microsoft.insights/diagnosticsettings",
  ],
  [
    `${SUBSCRIPTION}/providers/Microsoft.Security/pricings/VirtualMachines`,
    "",
    "",
    "virtualmachines",
    "microsoft.security/pricings",
  ],
  [
    "/providers/Microsoft.Capacity/reservationOrders/49ed0e4d/reservations/7a1b",
    "",
    "",
    "7a1b",
    "microsoft.capacity/reservationorders/reservations",
  ],
  [
    "/providers/Microsoft.Capacity/reservationOrders/49ed0e4d/reservations/",
    "",
    "",
    "",
    "microsoft.capacity/reservationorders/reservations",
  ],
  [`${SUBSCRIPTION}/resourceGroups/rg-empty`, "", "", "rg-empty", ""],
  ["", "", "", "", ""],
  ["classic-01", "", "", "classic-01", ""],
  [
    `${SUBSCRIPTION}/resourceGroups/mc_rg_prod_eastus/providers/Microsoft.Compute/virtualMachineScaleSets/aks-agentpool-42850074-vmss`,
    "aks-agentpool-42850074-vmss",
    '{"ServiceType":"Standard_DS2_v2","VMName":"aks-agentpool-42850074-vmss_1"}',
    "aks-agentpool-42850074-vmss_1",
    "microsoft.compute/virtualmachinescalesets",
  ],
  [
    `${SUBSCRIPTION}/resourceGroups/mc_rg_prod_eastus/providers/Microsoft.Compute/virtualMachineScaleSets/aks-agentpool-37660393-vmss`,
    "",
    '{"DataTransferDirection":"DataTrOut", "VmName" : "aks-agentpool-37660393-vmss_4"}',
    "aks-agentpool-37660393-vmss_4",
    "microsoft.compute/virtualmachinescalesets",
  ],
  [
    `${SUBSCRIPTION}/resourceGroups/rg-aks-nodes/providers/Microsoft.Compute/virtualMachines/node1`,
    "node1",
    '{"VMName":null}',
    "node1",
    "microsoft.compute/virtualmachines",
  ],
  [
    `${SUBSCRIPTION}/resourceGroups/mc_rg_aks-prod_eastus/providers/Microsoft.Compute/disks/pvc-1`,
    "",
    '{"VMName":"aks-agentpool-1-vmss_1"}',
    "pvc-1",
    "microsoft.compute/disks",
  ],
  [
    `${SUBSCRIPTION}/resourceGroups/rg/providers/Microsoft.Compute/virtualMachines/vm-03`,
    "vm-03",
    '{"VMName":"other"}',
    "vm-03",
    "microsoft.compute/virtualmachines",
  ],
];

const LARGE_TEXT = "x".repeat(64 * 1024);

/** Tags, additional info; the tags as a map, and which of both cannot be read. */
export const JSON_CASES: readonly (readonly [
  title: string,
  tags: string,
  additionalInfo: string,
  map: Readonly<Record<string, string>>,
  malformed: string,
])[] = [
  ["neither", "", "", {}, ""],
  ["with braces", '{"env": "prod"}', '{"VCPUs": 2}', { env: "prod" }, ""],
  ["without braces", '"env": "prod","cost center": "a, b"', '"VCPUs": 2', { env: "prod", "cost center": "a, b" }, ""],
  ["blanks around", ' \r\n{"env": "prod"}\r\n', ' {\r\n  "VCPUs": 2\r\n} ', { env: "prod" }, ""],
  ["empty objects", "{}", "{ }", {}, ""],
  ["null", "null", "null", {}, ""],
  ["blanks only", "  ", "  ", {}, ""],
  ["keys that differ by case", '"Env": "prod","env": "test"', "", { Env: "prod", env: "test" }, ""],
  [
    "numbers, truth and nothing",
    '{"n": 1.5,"yes": true,"none": null}',
    '{"a": -1.5e3,"b": false,"c": null}',
    { n: "1.5", yes: "true", none: "" },
    "",
  ],
  ["objects and lists", '{"a": {"b": 1},"c": [1,2]}', '{"a": {"b": [1, {}]}}', { a: '{"b":1}', c: "[1,2]" }, ""],
  [
    "escapes",
    String.raw`{"a": "\"q\" \\ \u00e9","b": "C:\\x"}`,
    String.raw`{"a": "\"VMName\":\"b\" \u00e9"}`,
    { a: '"q" \\ é', b: "C:\\x" },
    "",
  ],
  ["an empty key", '{"": "x"}', '{"": "x"}', { "": "x" }, ""],
  ["64 KiB", `{"a": "${LARGE_TEXT}"}`, `{"a": "${LARGE_TEXT}"}`, { a: LARGE_TEXT }, ""],
  ["cut off tags", '"env": "prod","owner": "an', "", {}, "tags"],
  ["a comma too many", '"env": "prod",', "", {}, "tags"],
  ["a comma too few", '"env": "prod" "a": "b"', "", {}, "tags"],
  ["another notation", "env=prod;a=b", "", {}, "tags"],
  ["single quotes", "{'env': 'prod'}", "", {}, "tags"],
  ["a list", '["prod"]', "", {}, "tags"],
  ["something behind it", '{"env": "prod"} x', "", {}, "tags"],
  ["64 KiB without an end", `{"a": "${LARGE_TEXT}`, "", {}, "tags"],
  [
    "cut off additional info",
    '"env": "prod"',
    '{"UsageType":"ComputeHR","VMName":"web-01","ServiceTy',
    { env: "prod" },
    "additional_info",
  ],
  ["a name that was cut off", "", '{"UsageType":"ComputeHR","VMName":"web-', {}, "additional_info"],
  ["no closing brace", "", '{"VCPUs": 2', {}, "additional_info"],
  ["no opening brace", "", '"VCPUs": 2}', {}, "additional_info"],
  ["a comma at the end", "", '{"VCPUs": 2,}', {}, "additional_info"],
  ["a comma at the beginning", "", '{,"VCPUs": 2}', {}, "additional_info"],
  ["no comma", "", '{"VCPUs": 2 "a": 1}', {}, "additional_info"],
  ["a number that is none", "", '{"VCPUs": 02}', {}, "additional_info"],
  ["words", "", "not applicable", {}, "additional_info"],
  ["both", "{", "{", {}, "tags"],
];

/** Texts as they stand in files, and what is derived of them. */
export const DERIVED_CASES: readonly DerivedCase[] = [
  ...rowsOf(SIZES).map(([subCategory = "", meter = "", name, family, series, version, vcpus, system]) => ({
    title: `${subCategory}, ${meter}`,
    line: machine(subCategory, meter),
    derived: given({ ...size(name, family, series, version, vcpus), vm_os: system }),
  })),
  ...INFO_CASES,
  ...AKS_CASES,
  ...rowsOf(PLAIN).map(([category = "", subCategory = "", meter = ""]) => ({
    title: `${category}, ${subCategory}, ${meter}`,
    line: other(category, subCategory, meter),
    derived: {},
  })),
  ...rowsOf(TIERS).map(([category = "", subCategory = "", meter = "", tier]) => ({
    title: `${category}, ${subCategory}, ${meter}`,
    line: other(category, subCategory, meter),
    derived: given({ storage_tier: tier }),
  })),
  ...rowsOf(SKUS).map(([category = "", subCategory = "", meter = "", sku]) => ({
    title: `${category}, ${subCategory}, ${meter}`,
    line: other(category, subCategory, meter),
    derived: given({ sql_sku: sku }),
  })),
];

/** An hour of a virtual machine, with the product that Azure makes of its sub category and meter. */
function machine(meterSubCategory: string, meterName: string, additionalInfo = ""): Line {
  return { ...other("Virtual Machines", meterSubCategory, meterName), additionalInfo };
}

/** A charge for another service. */
function other(meterCategory: string, meterSubCategory: string, meterName: string): Line {
  const productName = `${[meterCategory, meterSubCategory].filter(Boolean).join(" ")} - ${meterName} - EU West`;
  return { meterCategory, meterSubCategory, meterName, productName, additionalInfo: "" };
}

function info(members: Readonly<Record<string, unknown>>): string {
  return JSON.stringify({ UsageType: "ComputeHR", ...members });
}

function inGroup(resourceGroup: string, resource: string): Line {
  return { resourceGroup, resourceId: `${NODES}/${resourceGroup}/providers/${resource}`, resourceName: "" };
}

function size(name?: string, family?: string, series?: string, version?: string, vcpus?: string): Derived {
  return given({ vm_size: name, vm_family: family, vm_series: series, vm_version: version, vcpus });
}

/** Without what is not there. */
function given(
  derived: Readonly<Record<keyof Derived, string | undefined>> | Partial<Record<keyof Derived, string | undefined>>,
): Derived {
  return Object.fromEntries(Object.entries(derived).filter(([, value]) => value !== undefined && value !== ""));
}

function rowsOf(table: string): string[][] {
  return table
    .trim()
    .split("\n")
    .map((row) => row.split(";").map((cell) => cell.trim()));
}
