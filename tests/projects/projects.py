"""Projects written here from the published facts of each format, the way each version writes them."""

from __future__ import annotations

import base64
import gzip
import struct
from pathlib import Path

RPP = """<REAPER_PROJECT 0.1 "7.42/linux-x86_64" 1760000000
  RIPPLE 0
  SAMPLERATE 48000 1 0
  TEMPO 100 4 4
  <TEMPOENVEX
    EGUID {00000000-0000-0000-0000-000000000001}
    ACT 1 -1
    PT 0 100 1 262148 0 1
    PT 4.8 120 0
    PT 8.8 90 1 524294 0 1
  >
  <TRACK {AAAAAAAA-0000-0000-0000-000000000000}
    NAME "My \\"Drums\\" bus"
    ISBUS 1 1
  >
  <TRACK {BBBBBBBB-0000-0000-0000-000000000000}
    NAME 'kick "close"'
    ISBUS 2 -1
    <ITEM
      POSITION 4.8
      LENGTH 2
      NAME kick.wav
      SOFFS 0.25
      PLAYRATE 0.8 1 0 -1 0 0.0025
      <SOURCE WAVE
        FILE "audio/kick one.wav"
      >
      TAKE SEL
      NAME "second take"
      SOFFS 0
      PLAYRATE 1 1 0 -1 0 0.0025
      <SOURCE SECTION
        LENGTH 1.5
        STARTPOS 3
        <SOURCE FLAC
          FILE "/music/Ünïcode.flac" 1
        >
      >
    >
    <FXCHAIN
      BYPASS 0 0 0
      <VST "VSTi: ReaSamplOmatic5000 (Cockos)" reasamplomatic.so 0 "" 1920167789<56535472736F6D72656173616D706C6F> ""
{rs5k}
      >
    >
  >
  <TRACK {CCCCCCCC-0000-0000-0000-000000000000}
    NAME bass
    <ITEM
      POSITION 0
      LENGTH 30
      <SOURCE MIDI
        HASDATA 1 960 QN
        E 0 90 24 60
        E 960 80 24 00
      >
    >
    <ITEM
      POSITION 10
      LENGTH 5
      SOFFS 0
      PLAYRATE 1
      <SOURCE WAVE
        FILE "audio\\kick one.wav"
      >
    >
  >
>
"""


def rs5k_state(sample: str) -> str:
    """Base64 as REAPER breaks it: 128 characters a line, the last one shorter."""
    state = struct.pack("<I", 0) + sample.encode() + b"\x00\x00" + struct.pack("<24d", *range(24))
    head = base64.b64encode(bytes(64)).decode()
    text = base64.b64encode(state).decode()
    rows = [head, *(text[at : at + 128] for at in range(0, len(text), 128)), "AFByb2cAAAAAAA=="]
    return "\n".join("        " + row for row in rows)


def write_rpp(path: Path, sample: str = "/kits/808/Snare 01.wav") -> Path:
    path.write_text(RPP.replace("{rs5k}", rs5k_state(sample)), "utf-8")
    return path


def file_ref_12(relative: str, absolute: str, relative_type: int = 3, size: int = 1000) -> str:
    return f"""<SampleRef><FileRef>
      <RelativePathType Value="{relative_type}" /><RelativePath Value="{relative}" /><Path Value="{absolute}" />
      <Type Value="1" /><LivePackName Value="" /><LivePackId Value="" />
      <OriginalFileSize Value="{size}" /><OriginalCrc Value="0" /></FileRef>
      <SourceContext><SourceContext Id="0"><OriginalFileRef><FileRef Id="0">
      <RelativePathType Value="0" /><RelativePath Value="" /><Path Value="/where/it/once/was.wav" />
      </FileRef></OriginalFileRef></SourceContext></SourceContext></SampleRef>"""


def file_ref_10(dirs: list[str], name: str, hint: list[str], data: str = "", size: int = 2000) -> str:
    def elements(parts: list[str]) -> str:
        return "".join(f'<RelativePathElement Id="{n}" Dir="{part}" />' for n, part in enumerate(parts))

    return f"""<SampleRef><FileRef><HasRelativePath Value="true" /><RelativePathType Value="3" />
      <RelativePath>{elements(dirs)}</RelativePath><Name Value="{name}" /><Type Value="1" />
      <Data>{data}</Data><RefersToFolder Value="false" />
      <SearchHint><PathHint>{elements(hint)}</PathHint><FileSize Value="{size}" /><Crc Value="0" />
      <MaxCrcSize Value="16384" /><HasExtendedInfo Value="true" /></SearchHint>
      <LivePackName Value="" /><LivePackId Value="" /></FileRef></SampleRef>"""


def als(main: str, creator: str, clip: str, tempo: str, meter: str, sampler: str = "", session: str = "",
        scale: str = "", state: str = "") -> str:  # fmt: skip
    """tempo, meter: events of their envelopes."""
    return f"""<?xml version="1.0" encoding="UTF-8"?>
<Ableton MajorVersion="5" MinorVersion="x" SchemaChangeCount="3" Creator="{creator}" Revision="">
 <LiveSet><NextPointeeId Value="100" />
  <Tracks>
   <GroupTrack Id="7"><Name><EffectiveName Value="Drums" /><UserName Value="" /></Name>
    <TrackGroupId Value="-1" /></GroupTrack>
   <AudioTrack Id="8"><Name><EffectiveName Value="1-Kick &amp; Snare" /><UserName Value="" /></Name>
    <TrackGroupId Value="7" />
    <DeviceChain>
     <Mixer><Volume><Manual Value="1" /></Volume></Mixer>
     <MainSequencer>
      <ClipSlotList><ClipSlot Id="0"><ClipSlot><Value>{session}</Value></ClipSlot></ClipSlot></ClipSlotList>
      <Sample><ArrangerAutomation><Events>{clip}</Events></ArrangerAutomation></Sample>
     </MainSequencer>
     <DeviceChain><Devices>{sampler}
      <PluginDevice Id="0"><ParameterSettings /><PluginDesc><VstPluginInfo Id="0"><Preset><VstPreset Id="1">
       <Buffer>{state}</Buffer></VstPreset></Preset></VstPluginInfo></PluginDesc></PluginDevice>
     </Devices></DeviceChain>
    </DeviceChain></AudioTrack>
   <MidiTrack Id="9"><Name><EffectiveName Value="Keys" /></Name><TrackGroupId Value="-1" /></MidiTrack>
   <ReturnTrack Id="10"><Name><EffectiveName Value="A-Reverb" /></Name><TrackGroupId Value="-1" /></ReturnTrack>
  </Tracks>
  <{main}><AutomationEnvelopes><Envelopes>
    <AutomationEnvelope Id="0"><EnvelopeTarget><PointeeId Value="18" /></EnvelopeTarget>
     <Automation><Events>{meter}</Events></Automation></AutomationEnvelope>
    <AutomationEnvelope Id="1"><EnvelopeTarget><PointeeId Value="17" /></EnvelopeTarget>
     <Automation><Events>{tempo}</Events></Automation></AutomationEnvelope>
   </Envelopes></AutomationEnvelopes>
   <DeviceChain><Mixer>
    <Tempo><LomId Value="0" /><Manual Value="120" /><AutomationTarget Id="17" /></Tempo>
    <TimeSignature><LomId Value="0" /><Manual Value="201" /><AutomationTarget Id="18" /></TimeSignature>
   </Mixer></DeviceChain></{main}>
  {scale}
 </LiveSet>
</Ableton>
"""


def clip(at: float, start: float, end: float, ref: str) -> str:
    return f"""<AudioClip Id="0" Time="{at}"><CurrentStart Value="{start}" /><CurrentEnd Value="{end}" />
     <ScaleInformation><RootNote Value="5" /><Name Value="Minor" /></ScaleInformation>
     <IsWarped Value="true" />{ref}</AudioClip>"""


def write_als(path: Path, text: str) -> Path:
    path.write_bytes(gzip.compress(text.encode()))
    return path
